import * as v from 'valibot'

/** What a parameter of the API is compared with. */
type Comparable = string | number

/** A list of the API whose rows belong to levels. */
export interface Feed<Filter, Row extends FeedRow = FeedRow, Item = unknown> {
  /** What a row is, for people. */
  readonly what: string
  readonly path: string
  /** Sent with every request. */
  readonly parameters: Readonly<Record<string, string>>
  /** What may pick rows: the filter's field, the parameter's name, and what of a row that is. */
  readonly picks: readonly Pick<Filter, Row>[]
  /** The fields that a filter needs. */
  fields(filter: Filter): readonly string[]
  readonly row: v.GenericSchema<unknown, Row>
  /** @throws whatever `check` throws */
  read(row: Row, filter: Filter, check: Check): Item
  /** What the row is of, for an error: the operation's hash, or how to find it. */
  operation(row: Row): { readonly hash: string } | { readonly transactionId: number | undefined }
}

export interface Pick<Filter, Row> {
  readonly field: keyof Filter & string
  readonly parameter: string
  readonly of: (row: Row) => Comparable | undefined
  /** The API leaves this value out of its rows, so it cannot be asked for. */
  readonly unaskable?: Comparable
}

export interface FeedRow {
  readonly id: number
  readonly level: number
  /** The hash of its block, where the API tells it. */
  readonly block?: string | undefined
}

/** What the schema puts out of the value; without a schema, the value. */
export type Check = (what: string, schema: v.GenericSchema | undefined, value: unknown) => unknown

export const whole = v.pipe(v.number(), v.safeInteger())

/** Accounts come as `{ address, alias }`; one that there is not is null or left out. */
export const account = v.pipe(
  v.nullish(v.object({ address: v.string() })),
  v.transform((value) => value?.address),
)

/** What may be null or left out. */
export const maybe = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  )
