import { parse } from 'postgres-array'
import type { RawSql, Session } from './session.ts'

interface ArrayType {
  /** Of the elements. */
  readonly element: number
  /** Of the array. */
  readonly array: number
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
  #taught = new WeakSet<RawSql>()

  /** Reads them anew: users make types, too. */
  async learn(session: Session): Promise<void> {
    // A box has a semicolon between its elements; arrays of them stay text.
    const rows = await session.run(`
      select oid::int as element, typarray::int as array from pg_catalog.pg_type
      where typarray <> 0 and typdelim = ','`)
    this.#types = rows as unknown as readonly ArrayType[]
    this.#taught = new WeakSet()
  }

  /** Makes an instance read and write arrays. Costs nothing where it does already. */
  teach(raw: RawSql): void {
    if (this.#taught.has(raw)) return
    this.#taught.add(raw)
    this.#teach(raw)
  }

  #teach({ options }: RawSql): void {
    const { parsers, serializers, shared } = options as unknown as TypeTables
    for (const { element, array } of this.#types) {
      if (parsers[array] !== undefined && serializers[array] !== undefined) continue
      shared.typeArrayMap[element] = array
      const parseOne = parsers[element] ?? ((text: string) => text)
      parsers[array] = (text) => parse(text, parseOne)
      serializers[array] = (value) =>
        Array.isArray(value) ? write(value, serializers[element] ?? String) : value
    }
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
