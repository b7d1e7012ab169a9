import { styleText } from 'node:util'

export type Format = Parameters<typeof styleText>[0]
/** Colours a text, or leaves it as it is where no colours are wanted. */
export type Style = (format: Format, text: string) => string

// Whether to colour was decided for our own stream; Node would look at stdout.
export const createStyle = (color: boolean): Style =>
  color ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text
