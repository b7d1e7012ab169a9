import type { CatalogRelation } from './journal-catalog.ts'
import { quoteBody, quoteName, quoteText } from './journal-ddl.ts'

/** A column that the journal keeps. */
export interface TrackedColumn {
  readonly number: number
  readonly name: string
  readonly type: string
  readonly identity: boolean
  /** Its name in the shadow table: short, and no user's. */
  readonly shadow: string
  /** Records of versions up to this one were made before the column was there. */
  readonly since: string
}

export interface ShadowedTable {
  readonly id: number
  /** The table's name, quoted and qualified. */
  readonly rel: string
  readonly partitioned: boolean
  readonly key: readonly string[]
  readonly columns: readonly TrackedColumn[]
}

export const shadowName = (id: number): string => `journal_${id}`

const FUNCTIONS = ['insert', 'update', 'key', 'truncate'] as const

// Switched off, a trigger costs this comparison a row.
const JOURNALLED = `current_setting('pawl.version', true) not in ('', 'off')`
const VERSION = `current_setting('pawl.version')::bigint`

/** Autovacuum by a count: the shadows shrink to nothing at every prune, so that a share of their size says little. */
export const createShadow = (own: string, { id, columns }: ShadowedTable): string[] => [
  `create table ${own}.${shadowName(id)} (version bigint not null, op "char" not null${columns
    .map(({ shadow, type }) => `, ${shadow} ${type}`)
    .join('')}) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)`,
  `create index on ${own}.${shadowName(id)} (version)`,
]

export const dropShadow = (own: string, id: number): string[] => [
  ...dropTriggers(own, id),
  `drop table if exists ${own}.${shadowName(id)}`,
]

/** Drops the functions and, by cascade, the triggers: on partitions and on tables that were renamed, too. */
export const dropTriggers = (own: string, id: number): string[] =>
  FUNCTIONS.map((name) => `drop function if exists ${own}.${shadowName(id)}_${name}() cascade`)

/**
 * The triggers that fill the shadow of one table: `O`, the old row, the first time that a transaction touches it; `I`, the
 * key of a row that is new. They fire always, also under a handler's `session_replication_role = replica`.
 */
export const createTriggers = (
  own: string,
  table: ShadowedTable,
  partitions: readonly CatalogRelation[],
  schema: string,
): string[] => {
  const { id, rel, key } = table
  const shadow = `${own}.${shadowName(id)}`
  const keyColumns = table.columns.filter(({ name }) => key.includes(name))
  const values = (columns: readonly TrackedColumn[], from: string) =>
    columns.map(({ name }) => `${from}.${quoteName(name)}`).join(', ')
  const insert = (columns: readonly TrackedColumn[]) =>
    `insert into ${shadow} (version, op, ${columns.map((column) => column.shadow).join(', ')})`

  const body = (name: (typeof FUNCTIONS)[number], statement: string, settings = '') =>
    `create function ${shadow}_${name}() returns trigger language plpgsql ${settings} as ${quoteBody(
      `begin ${statement}; return null; end`,
    )}`
  const leaves = partitions
    .filter(({ kind }) => kind === 'r')
    .map(({ name }) => `${quoteName(schema)}.${quoteName(name)}`)
  // Not on the partitioned table itself: moving a row between partitions of different layouts, PostgreSQL 15 and later asks
  // the conditions of its triggers with a row that has no xmin, and fails.
  const targets = table.partitioned ? leaves : [rel]
  const trigger = (name: (typeof FUNCTIONS)[number], on: string, when: string) =>
    targets.flatMap((target) => [
      `create trigger "pawl journal ${name}" ${on.replace('$table', target)} when (${when})
       execute function ${shadow}_${name}()`,
      `alter table ${target} enable always trigger "pawl journal ${name}"`,
    ])
  const newKey = `${insert(keyColumns)} values (${VERSION}, 'I', ${values(keyColumns, 'NEW')})`
  const changed = `(${values(keyColumns, 'OLD')}) is distinct from (${values(keyColumns, 'NEW')})`
  // By row on partitions: a row that is put into them from above, or moves, fires no statement trigger of theirs.
  const inserted = table.partitioned
    ? [body('insert', newKey), ...trigger('insert', 'after insert on $table for each row', JOURNALLED)]
    : [
        body(
          'insert',
          `${insert(keyColumns)} select ${VERSION}, 'I', ${values(keyColumns, 'added')} from added`,
        ),
        ...trigger(
          'insert',
          'after insert on $table referencing new table as added for each statement',
          JOURNALLED,
        ),
      ]
  // Row-level security switched off, the statement fails where it would otherwise leave rows out.
  const kept = `${insert(table.columns)} select $1, 'O', ${values(table.columns, 'kept')} from only `
  const truncated = `execute ${quoteBody(kept)} || tg_relid::regclass
    || ' kept where not ' || ${quoteText(own)} || '.is_mine(kept.xmin)' using ${VERSION}`
  return [
    ...inserted,
    body('key', newKey),
    ...trigger('key', 'after update on $table for each row', `${JOURNALLED} and ${changed}`),
    body('update', `${insert(table.columns)} values (${VERSION}, 'O', ${values(table.columns, 'OLD')})`),
    ...trigger(
      'update',
      'after update or delete on $table for each row',
      `${JOURNALLED} and (age(OLD.xmin) > 0 or not ${own}.is_mine(OLD.xmin))`,
    ),
    body('truncate', truncated, 'set row_security = off'),
    ...trigger('truncate', 'before truncate on $table for each statement', JOURNALLED),
  ]
}
