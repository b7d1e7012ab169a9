import { WriteError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import type { WriteKind } from './row-batch.ts'
import type { UpsertOptions } from './row-writer.ts'
import { sayBy } from './write-failure.ts'

/** The kinds of writes of one transaction: the same one each time that a call asks for the same. */
export class WriteKinds {
  readonly #known = new Map<string, WriteKind>()

  /** @throws WriteError for what is no table's name */
  insert(table: string): WriteKind {
    return this.#known.get(table) ?? this.#know(table, insertOf(table))
  }

  /** @throws WriteError for what is no table's name, and without a key */
  upsert(table: string, options: UpsertOptions, by: string | undefined): WriteKind {
    const { key, add = [], keep = [] } = checked(table, options, by)
    const sign = `${table}\u0001${joined(key)}\u0001${joined(add)}\u0001${joined(keep)}`
    return this.#known.get(sign) ?? this.#know(sign, upsertOf(table, { key, add, keep }))
  }

  #know(sign: string, kind: WriteKind): WriteKind {
    this.#known.set(sign, kind)
    return kind
  }
}

function insertOf(table: string): WriteKind {
  return { type: 'insert', table: nameOf(table), key: [], add: [], keep: [] }
}

function upsertOf(table: string, { key, add, keep }: Required<UpsertOptions>): WriteKind {
  return { type: 'upsert', table: nameOf(table), key: listOf(key), add: listOf(add), keep: listOf(keep) }
}

function nameOf(table: unknown): string {
  if (typeof table === 'string' && table !== '') return table
  throw new WriteError(`expected the name of a table, got ${describeValue(table)}`)
}

const listOf = (names: string | readonly string[]): readonly string[] =>
  typeof names === 'string' ? [names] : names

const joined = (names: string | readonly string[]): string =>
  typeof names === 'string' ? names : names.join('\0')

const isName = (name: unknown): boolean => typeof name === 'string' && name !== ''

function checked(table: string, options: UpsertOptions, by: string | undefined): UpsertOptions {
  const given: unknown = (options as Partial<UpsertOptions> | undefined)?.key
  if (isName(given) || (Array.isArray(given) && given.length > 0 && given.every(isName))) return options
  throw new WriteError(
    `${sayBy(by)}ctx.upsert("${table}", …): expected { key: the columns of its primary key }, got ${describeValue(given)}`,
  )
}
