import { quoteName } from './journal-ddl.ts'

/** A column, as far as writing it needs to know. */
export interface ColumnShape {
  readonly name: string
  /** To cast to, without a length: a cast to `varchar(3)` cuts silently, and an assignment does not. */
  readonly type: string
  readonly isArray: boolean
  /** An array of composites would come apart into their fields, one of arrays into their elements: sent as texts, and cast. */
  readonly viaText: boolean
  /** Its collation takes texts for the same only where they are. */
  readonly isExact: boolean
}

export interface TableShape {
  /** Its oid: a table can be written by several names. */
  readonly rel: string
  readonly columns: ReadonlyMap<string, ColumnShape>
  /** Of the tables that its foreign keys point into. */
  readonly references: readonly string[]
}

/** Runs a statement of ours in the transaction that wants to know: the table may be made by it. */
export type RunStatement = (statement: string, args: readonly string[]) => PromiseLike<readonly unknown[]>

// Domains are written as what they are made of: a cast to them would cut like one to their type.
const COLUMNS = `
  with recursive base as (
    select a.attnum, a.attname, a.atttypid as type, a.attcollation as collation
    from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
    union all
    select b.attnum, b.attname, t.typbasetype, b.collation
    from base b join pg_catalog.pg_type t on t.oid = b.type and t.typtype = 'd'
  )
  select b.attname as name, pg_catalog.format_type(b.type, -1) as type, t.typcategory = 'A' as "isArray",
    t.typcategory = 'A' or t.typtype = 'c' as "viaText",
    coalesce(c.collisdeterministic, true) as "isExact"
  from base b join pg_catalog.pg_type t on t.oid = b.type and t.typtype <> 'd'
  left join pg_catalog.pg_collation c on c.oid = b.collation
  order by b.attnum`

const TABLE = `
  select c.oid::text as rel,
    array(select f.confrelid::text from pg_catalog.pg_constraint f where f.conrelid = c.oid and f.contype = 'f')::text as "references"
  from pg_catalog.pg_class c where c.oid = to_regclass($1)`

/** The tables of a database, by the names that they are written by. Read once each, until something may have been altered. */
export class TableShapes {
  readonly #shapes = new Map<string, TableShape>()

  get(table: string): TableShape | undefined {
    return this.#shapes.get(table)
  }

  /** Undefined: there is no such table. */
  async read(table: string, run: RunStatement): Promise<TableShape | undefined> {
    const name = [quoteTable(table)]
    const [[found], columns] = (await Promise.all([run(TABLE, name), run(COLUMNS, name)])) as [
      readonly { readonly rel: string; readonly references: string }[],
      readonly ColumnShape[],
    ]
    if (found === undefined) return undefined
    const shape: TableShape = {
      rel: found.rel,
      columns: new Map(columns.map((column) => [column.name, column])),
      // Oids: no quotes to take off.
      references: found.references.slice(1, -1).split(','),
    }
    this.#shapes.set(table, shape)
    return shape
  }

  forget(): void {
    this.#shapes.clear()
  }
}

/** `transfer`, or `archive.transfer` of another schema, as postgres.js's `sql(…)` reads it. */
export function quoteTable(table: string): string {
  return table.split('.').map(quoteName).join('.')
}
