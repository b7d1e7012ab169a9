import { at } from '../config-reader.ts'
import type { ConfigPlaces } from './config-places.ts'
import type { YamlField, YamlReader } from './yaml-reader.ts'

/** `maxInstances` as files spell it: `max_instances`. */
export const toSnake = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** `max_instances` as `Config` spells it. */
export const toCamel = (key: string): string =>
  key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Options that are never anything but text, whatever a variable holds. */
const TEXTS = ['hook', 'crontab', 'dialect', 'timezone', 'host']

/** An option as `Config` has it: keys of mappings in it are spelled as there, and their places noted. */
export function readOption(
  reader: YamlReader,
  field: YamlField,
  path: string,
  places: ConfigPlaces,
): unknown {
  places.set(path, field)
  if (!reader.isMapping(field)) {
    const variablesAsText = TEXTS.some((name) => path.endsWith(`.${name}`) || path === name)
    return reader.value(field, { variablesAsText }) ?? undefined
  }
  const entries = [...reader.fields(field)].map(([key, child]) => {
    const name = toCamel(key)
    return [name, readOption(reader, child, at(path, name), places)] as const
  })
  return Object.fromEntries(entries)
}
