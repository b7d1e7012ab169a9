import { parse } from 'postgres-array'
import type { RawSql, Session } from './session.ts'

interface ArrayType {
  /** Of the elements. */
  readonly element: number
  /** Of the array. */
  readonly array: number
}

interface ArrayCodec extends ArrayType {
  readonly parser: (text: string) => unknown
  readonly serializer: (value: unknown) => unknown
}

/** What postgres.js keeps by a type's oid, and reads at each statement. */
interface TypeTables {
  readonly parsers: Record<number, (text: string) => unknown>
  readonly serializers: Record<number, (value: unknown) => unknown>
  readonly shared: { readonly typeArrayMap: Record<number, number> }
}

/**
 * The array types of a database, for its postgres.js instances. They can look for them on their own (`fetch_types`), with each
 * connection; but when the connection is lost or ended right then, that ends the process by a rejection nobody can catch.
 */
export class ArrayTypes {
  #types: readonly ArrayType[] = []
  /** For all instances: 600 types times twenty sessions would be a tenth of a start, and megabytes. */
  #codecs: readonly ArrayCodec[] | undefined
  #taught = new WeakSet<RawSql>()

  /** Reads them anew: users make types, too. */
  async learn(session: Session): Promise<void> {
    // A box has a semicolon between its elements; arrays of them stay text.
    const rows = await session.run(`
      select oid::int as element, typarray::int as array from pg_catalog.pg_type
      where typarray <> 0 and typdelim = ','`)
    this.#types = rows as unknown as readonly ArrayType[]
    this.#codecs = undefined
    this.#taught = new WeakSet()
  }

  /** Makes an instance read and write arrays. Costs nothing where it does already. */
  teach(raw: RawSql): void {
    if (this.#taught.has(raw)) return
    this.#taught.add(raw)
    this.#teach(raw)
  }

  #teach({ options }: RawSql): void {
    const tables = options as unknown as TypeTables
    const { parsers, serializers, shared } = tables
    this.#codecs ??= this.#types.map((type) => codecOf(type, tables))
    for (const { element, array, parser, serializer } of this.#codecs) {
      if (parsers[array] !== undefined && serializers[array] !== undefined) continue
      shared.typeArrayMap[element] = array
      parsers[array] = parser
      serializers[array] = serializer
    }
  }
}

/** @param tables of any instance: all of them are made with the same types */
function codecOf({ element, array }: ArrayType, { parsers, serializers }: TypeTables): ArrayCodec {
  const parseOne = parsers[element] ?? ((text: string) => text)
  const writeOne = serializers[element] ?? String
  return {
    element,
    array,
    parser: (text) => parse(text, parseOne),
    serializer: (value) => (Array.isArray(value) ? write(value, writeOne) : value),
  }
}

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function write(values: readonly unknown[], writeOne: (value: unknown) => unknown): string {
  const parts = values.map((value) => {
    if (Array.isArray(value)) return write(value, writeOne)
    if (value === null || value === undefined) return 'null'
    return `"${String(writeOne(value)).replaceAll(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}
