import { addDecimals } from './add-decimals.ts'
import { encodeColumn, identityOf, UnfitValue } from './encode-column.ts'
import { quoteName } from './journal-ddl.ts'
import type { Row } from './row-writer.ts'
import { quoteTable, type ColumnShape, type TableShape } from './table-shapes.ts'

/** What becomes of a column where the row is there. */
type Role = 'key' | 'add' | 'keep' | 'set'

/** How rows of one kind are written. */
export interface WriteKind {
  readonly type: 'insert' | 'upsert'
  readonly table: string
  /** Of an upsert. */
  readonly key: readonly string[]
  readonly add: readonly string[]
  readonly keep: readonly string[]
}

/** Rows that one statement writes: of one table, with the same columns. An upsert's rows have different keys. */
export class RowBatch {
  readonly kind: WriteKind
  readonly shape: TableShape
  readonly columns: readonly ColumnShape[]
  readonly #roles: readonly Role[]
  readonly #keys: readonly number[]
  /** By column. */
  readonly #values: unknown[][]
  /** Who gave the row. */
  readonly #by: (string | undefined)[] = []
  /** Of upserts: where the row with this key is. */
  readonly #rows = new Map<string, number>()
  /** It holds a row whose key only PostgreSQL can compare: no other can be beside it. */
  #isAlone = false

  constructor(kind: WriteKind, shape: TableShape, columns: readonly ColumnShape[]) {
    this.kind = kind
    this.shape = shape
    this.columns = columns
    this.#values = columns.map(() => [])
    this.#roles = columns.map(({ name }) => roleOf(kind, name))
    this.#keys = kind.key.map((name) => columns.findIndex((column) => column.name === name))
  }

  get size(): number {
    return this.#by.length
  }

  /** False: it does not fit in. @throws UnfitValue */
  add(row: Row, by: string | undefined): boolean {
    if (this.kind.type === 'insert') return this.#push(row, by)
    if (this.#isAlone) return false
    const identity = this.#identity(row)
    if (identity === undefined) {
      if (this.size > 0) return false
      this.#isAlone = true
      return this.#push(row, by)
    }
    const at = this.#rows.get(identity)
    if (at !== undefined) return this.#merge(at, row)
    this.#rows.set(identity, this.size)
    return this.#push(row, by)
  }

  get statement(): string {
    const { table } = this.kind
    const names = this.columns.map(({ name }) => quoteName(name))
    const selected = this.columns.map(({ viaText, type }, at) => (viaText ? `c${at}::${type}` : `c${at}`))
    const arrays = this.columns.map(({ viaText, type }, at) => `$${at + 1}::${viaText ? 'text' : type}[]`)
    const aliases = this.columns.map((_, at) => `c${at}`)
    return (
      `insert into ${quoteTable(table)} as t (${names.join(', ')}) select ${selected.join(', ')} ` +
      `from unnest(${arrays.join(', ')}) as r (${aliases.join(', ')})${this.#conflict()}`
    )
  }

  /** @throws UnfitValue naming the column */
  arguments(): readonly string[] {
    return this.columns.map((column, at) => {
      try {
        return encodeColumn(column, this.#values[at] ?? [])
      } catch (error) {
        if (!(error instanceof UnfitValue)) throw error
        throw new UnfitValue(`column "${column.name}" (${column.type}): ${error.message}`)
      }
    })
  }

  /** Who gave the row that PostgreSQL does not want, as far as its error tells; else who gave any of them. */
  blame(error: unknown): readonly string[] {
    const { message = '', column_name: column = '' } = (error ?? {}) as {
      message?: string
      column_name?: string
    }
    const value = /: "(.*)"$/.exec(message)?.[1]
    const guilty = this.#by.filter((_, row) =>
      this.columns.some(({ name }, at) => {
        const own = this.#values[at]?.[row]
        return name === column ? own === null : value !== undefined && String(own) === value
      }),
    )
    return [...new Set((guilty.length > 0 ? guilty : this.#by).filter((by) => by !== undefined))]
  }

  #push(row: Row, by: string | undefined): true {
    for (let at = 0; at < this.columns.length; at += 1) {
      this.#values[at]?.push(row[this.columns[at]?.name ?? ''])
    }
    this.#by.push(by)
    return true
  }

  #identity(row: Row): string | undefined {
    const [only = -1] = this.#keys
    const column = this.#keys.length === 1 ? this.columns[only] : undefined
    if (column !== undefined) return identityOf(column, row[column.name])
    let identity = ''
    for (const at of this.#keys) {
      const column = this.columns[at]
      const part = column === undefined ? undefined : identityOf(column, row[column.name])
      if (part === undefined) return undefined
      identity += `${part.length}:${part}`
    }
    return identity
  }

  /** As PostgreSQL would, one after the other. False: it cannot be done here. */
  #merge(at: number, row: Row): boolean {
    const merged: unknown[] = []
    for (const [index, { name }] of this.columns.entries()) {
      const before = this.#values[index]?.[at]
      const value = row[name]
      switch (this.#roles[index]) {
        case 'add': {
          const sum = before === null ? value : value === null ? before : addDecimals(before, value)
          if (sum === undefined) return false
          merged.push(sum)
          break
        }
        case 'set':
          merged.push(value)
          break
        default:
          merged.push(before)
      }
    }
    for (const [index, value] of merged.entries()) {
      const values = this.#values[index]
      if (values !== undefined) values[at] = value
    }
    return true
  }

  #conflict(): string {
    const { type, key } = this.kind
    if (type === 'insert') return ''
    const sets = this.columns.flatMap(({ name: plain }, at) => {
      const name = quoteName(plain)
      switch (this.#roles[at]) {
        case 'set':
          return [`${name} = excluded.${name}`]
        case 'add':
          return [`${name} = coalesce(t.${name} + excluded.${name}, excluded.${name}, t.${name})`]
        default:
          return []
      }
    })
    const target = ` on conflict (${key.map(quoteName).join(', ')}) do `
    return target + (sets.length === 0 ? 'nothing' : `update set ${sets.join(', ')}`)
  }
}

function roleOf({ key, add, keep }: WriteKind, name: string): Role {
  if (key.includes(name)) return 'key'
  if (add.includes(name)) return 'add'
  return keep.includes(name) ? 'keep' : 'set'
}
