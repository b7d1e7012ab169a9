import postgres from 'postgres'
import { checkOptions, TEXT, wholeFrom, type OptionRules } from '../../config/check-options.ts'
import { DatasourceError } from '../../errors.ts'
import type { Progress, ProgressSource } from './progress.ts'

/** Where a Ponder app keeps its state. */
export interface PonderOptions {
  /** The URL of the database that Ponder writes. */
  readonly database: string
  /** Ponder's schema (`DATABASE_SCHEMA`, `--schema`). */
  readonly schema: string
  /** Which of Ponder's chains; needed where it has several. */
  readonly chainId?: number
}

/** Where a Subsquid processor keeps its state. */
export interface SquidOptions {
  /** The URL of the database that the Squid writes. */
  readonly database: string
  /** Where it keeps its state: `stateSchema` of its `TypeormDatabase`. Default: squid_processor. */
  readonly stateSchema?: string
}

const PONDER: OptionRules<PonderOptions> = { database: TEXT, schema: TEXT, chainId: wholeFrom(1) }
const SQUID: OptionRules<SquidOptions> = { database: TEXT, stateSchema: TEXT }

// A checkpoint of Ponder: 10 digits of time, 16 of the chain, 16 of the block, and what is within the block.
const LEVEL = [26, 42] as const

/**
 * How far a Ponder app is, from its tables `_ponder_checkpoint` and `_ponder_meta` (0.11 and newer). Ponder tells no hashes, and
 * says itself when its backfill is over.
 */
export function ponderProgress(options: PonderOptions): ProgressSource {
  checkOptions('ponderProgress', options, PONDER)
  const { database, schema, chainId } = options
  return inDatabase(`Ponder in schema "${schema}"`, database, async (sql) => {
    const at = sql(schema)
    const rows = await sql<{ chain_id: string; latest_checkpoint: string }[]>`
      select chain_id::text, latest_checkpoint from ${at}._ponder_checkpoint
      where ${chainId === undefined ? sql`true` : sql`chain_id = ${chainId}`}`
    if (rows.length > 1) {
      const ids = rows.map((row) => row.chain_id).join(', ')
      throw new DatasourceError(`Ponder in schema "${schema}" follows the chains ${ids}`, {
        retriable: false,
        hint: 'Name one of them: ponderProgress({ chainId: … }); another index may follow another.',
      })
    }
    const [meta] = await sql<{ ready: number | null }[]>`
      select (value ->> 'is_ready')::int as ready from ${at}._ponder_meta where key = 'app'`
    const level = Number(rows[0]?.latest_checkpoint.slice(...LEVEL) ?? 0)
    return { level: level === 0 ? undefined : level, synchronized: meta?.ready === 1 }
  })
}

/** How far a Squid is, from the tables `status` and `hot_block` of its `TypeormDatabase`, which have the hashes of its last blocks. */
export function squidProgress(options: SquidOptions): ProgressSource {
  checkOptions('squidProgress', options, SQUID)
  const { database, stateSchema = 'squid_processor' } = options
  return inDatabase(`Squid in schema "${stateSchema}"`, database, async (sql) => {
    const at = sql(stateSchema)
    const rows = await sql<{ height: number; hash: string }[]>`
      select height, hash from ${at}.status where id = 0
      union all select height, hash from ${at}.hot_block
      order by height`
    const done = rows.filter(({ height }) => height >= 0)
    const hashes = new Map(done.filter(({ hash }) => hash !== '0x').map(({ height, hash }) => [height, hash]))
    return { level: done.at(-1)?.height, hashes }
  })
}

/** Codes of PostgreSQL for a table, and a schema, that is not there – yet. */
const NOT_THERE = new Set(['42P01', '3F000'])

function inDatabase(
  description: string,
  url: string,
  read: (sql: postgres.Sql) => Promise<Progress>,
): ProgressSource {
  let sql: postgres.Sql | undefined
  return {
    description,
    async read() {
      sql ??= postgres(url, { max: 1, fetch_types: false, idle_timeout: 60, onnotice: () => {} })
      try {
        return await read(sql)
      } catch (error) {
        if (error instanceof DatasourceError) throw error
        if (NOT_THERE.has(String((error as { code?: unknown }).code))) return { level: undefined }
        throw new DatasourceError(`${description}: its progress cannot be read`, { cause: error })
      }
    },
    async close() {
      const open = sql
      sql = undefined
      await open?.end({ timeout: 1 })
    },
  }
}
