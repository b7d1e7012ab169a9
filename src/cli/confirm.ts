import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { OutputStream } from './output-stream.ts'

/** Asks for a line of text; empty where the person has nothing to say. Undefined where no person is at both ends. */
export function createAsk(
  input: Readable & { readonly isTTY?: boolean },
  output: OutputStream,
): ((question: string) => Promise<string>) | undefined {
  if (input.isTTY !== true || output.isTTY !== true) return undefined
  return async (question) => {
    output.write(`${question} `)
    const lines = createInterface({ input, terminal: false })
    for await (const line of lines) return line.trim()
    return ''
  }
}

/** Asks yes-or-no questions; anything but yes is no. Undefined where no person is at both ends. */
export function createConfirm(
  input: Readable & { readonly isTTY?: boolean },
  output: OutputStream,
): ((question: string) => Promise<boolean>) | undefined {
  if (input.isTTY !== true || output.isTTY !== true) return undefined
  return async (question) => {
    output.write(`${question} [y/N] `)
    // Not as a terminal: that would take Ctrl-C for itself.
    const lines = createInterface({ input, terminal: false })
    for await (const line of lines) return /^y(es)?$/i.test(line.trim())
    return false
  }
}
