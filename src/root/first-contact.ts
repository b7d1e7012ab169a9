import type { Clock } from '../clock.ts'
import type { IndexConfig, IndexConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { isPermissionDenied } from '../database/denied-schema.ts'
import { DatasourceError, PawlError } from '../errors.ts'
import { SourceReader } from '../indexing/source-reader.ts'
import { listWords } from '../text/did-you-mean.ts'
import { reasonOf } from '../text/reason-of.ts'

/** ms. As long as any other call of a datasource. */
const TIMEOUT = 30_000

/**
 * Contacts the datasource of each of these indexes once. An address that never worked is more likely wrong than down, so
 * this is done before anything is made.
 * @throws DatasourceError that names every index whose datasource cannot be used, and why
 */
export async function contactSources(
  indexes: IndexConfigs,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const failures: Failure[] = []
  await Promise.all(
    Object.entries(indexes).map(async ([index, { datasource }]) => {
      const source = new SourceReader({ index, datasource, clock, timeout: TIMEOUT })
      await source.chain(signal).catch((error: unknown) => failures.push({ index, error }))
    }),
  )
  signal.throwIfAborted()
  const [first, ...more] = inOrder(failures, Object.keys(indexes))
  if (first === undefined) return
  throw more.length === 0 ? nameIndex(first) : nameAll([first, ...more])
}

/** The indexes that this database knows nothing of: not the chain that was indexed, so no contact either. */
export async function neverContacted(database: Database, indexes: IndexConfigs): Promise<IndexConfigs> {
  const known = await contactedBefore(database).catch((error: unknown) => {
    // Who brings the tables up to date, next, says whose they are.
    if (isPermissionDenied(error)) return new Set<string>()
    throw error
  })
  return Object.fromEntries(Object.entries<IndexConfig>(indexes).filter(([name]) => !known.has(name)))
}

async function contactedBefore({ sql, ownSchema }: Database): Promise<ReadonlySet<string>> {
  const [schema] = await sql<{ there: boolean }[]>`
    select to_regclass(format('%I.index', ${ownSchema}::text)) is not null as there`
  if (schema?.there !== true) return new Set()
  const rows = await sql<{ name: string }[]>`select name from ${sql(ownSchema)}.index where chain is not null`
  return new Set(rows.map(({ name }) => name))
}

interface Failure {
  readonly index: string
  readonly error: unknown
}

const inOrder = (failures: readonly Failure[], names: readonly string[]): Failure[] =>
  failures.toSorted((one, other) => names.indexOf(one.index) - names.indexOf(other.index))

function nameIndex({ index, error }: Failure): unknown {
  if (!(error instanceof DatasourceError)) return error
  return new DatasourceError(`index "${index}": ${withoutIndex(index, error)}`, {
    retriable: error.retriable,
    cause: error,
    ...hintOf([error]),
  })
}

/** A line an index; indexes that share a datasource fail alike, and share one. */
function nameAll(failures: readonly Failure[]): DatasourceError {
  const byReason = new Map<string, string[]>()
  for (const { index, error } of failures) {
    const reason = withoutIndex(index, error)
    byReason.set(reason, [...(byReason.get(reason) ?? []), index])
  }
  const lines = [...byReason].map(
    ([reason, names]) => `${names.length === 1 ? 'index' : 'indexes'} ${listWords(names)}: ${reason}`,
  )
  const errors = failures.map(({ error }) => error)
  const message =
    lines.length === 1 ? lines : [`the datasources of ${failures.length} indexes cannot be used`, ...lines]
  return new DatasourceError(message.join('\n'), {
    // One that is wrong each time is enough.
    retriable: failures.every(({ error }) => error instanceof DatasourceError && error.retriable),
    cause: new AggregateError(errors, lines.join('\n')),
    ...hintOf(errors),
  })
}

function withoutIndex(index: string, error: unknown): string {
  const message = reasonOf(error)
  const name = `index "${index}": `
  return message.startsWith(name) ? message.slice(name.length) : message
}

function hintOf(errors: readonly unknown[]): { readonly hint?: string } {
  const hints = errors.flatMap((error) => (error instanceof PawlError && error.hint) || [])
  return hints.length === 0 ? {} : { hint: [...new Set(hints)].join('\n') }
}
