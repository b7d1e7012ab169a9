import { UnknownIndexError } from '../errors.ts'

/** @param known those that the database has */
export function unknownIndex(index: string, known: readonly string[]): UnknownIndexError {
  return new UnknownIndexError(`there is no index "${index.slice(0, 80)}" in the database`, {
    hint:
      known.length === 0
        ? 'Nothing has been indexed there yet.'
        : `There ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}.`,
  })
}
