/** What a column can be given; `null` is SQL's. An object is for `json` and `jsonb`, bytes are for `bytea`. */
export type ColumnValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly ColumnValue[]
  | object

/** A row by its columns' names. Those left out get their defaults. */
export type Row = Readonly<Record<string, ColumnValue>>

/** What happens where a row with this key is there. */
export interface UpsertOptions<Column extends string = string> {
  /** The columns of the primary key, or of another unique index. */
  readonly key: Column | readonly Column[]
  /** Numbers that are added to what is there, for sums and counters: `balance = balance + …`. A null adds nothing. */
  readonly add?: Column | readonly Column[]
  /** Written where the row is new, and left alone where it is there. */
  readonly keep?: Column | readonly Column[]
}

/**
 * Takes rows for a transaction, and writes them many a statement: before the next statement of its `sql`, before a savepoint,
 * and at its end. What they do is the same as if each were written when it was given.
 */
export interface RowWriter {
  /**
   * @param by who gives them, for errors
   * @throws WriteError for what is no row, or does not fit the columns of its table, once those are known; TransactionOverError.
   * What PostgreSQL says is thrown by the next statement, or at the end.
   */
  insert(table: string, rows: Row | readonly Row[], by?: string): void
  /** @throws as `insert` */
  upsert(table: string, rows: Row | readonly Row[], options: UpsertOptions, by?: string): void
  /**
   * Resolves at once as long as little is on its way to the database: for who gives more and more, so that it does not pile up.
   * @throws WriteError
   */
  keepUp(): Promise<void>
}
