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
/**
 * Like the shadow, and empty but inside a revert: the first record of each row that it puts back. Not a temporary table: to make
 * and analyze those of three tables took half of the time that the revert of a level did.
 */
export const firstTouchName = (id: number): string => `reverting_${id}`

const FUNCTIONS = ['insert', 'update', 'delete', 'truncate'] as const

// In the functions, and not as conditions of the triggers: PostgreSQL parses those anew for every statement, 2.5 µs, more than
// a call. Where nothing is journalled, a call costs 0.6 µs a row that is updated or deleted.
// Null where it was never set, and where nothing is journalled.
const VERSION = `v_version bigint := nullif(current_setting('pawl.version', true), '')`

/**
 * Without an index, which large ones get by `tend_shadow`: a B-tree costs 1 to 4 µs a row, most of what journalling does, and one of
 * ranges 2 to 3 µs a statement. Autovacuum by a count: the shadows shrink to nothing at every prune, so that a share of their size says
 * little.
 */
export const createShadow = (own: string, { id, columns }: ShadowedTable): string[] =>
  [shadowName(id), firstTouchName(id)].map(
    (name) =>
      `create table ${own}.${name} (version bigint not null, op "char" not null${columns
        .map(({ shadow, type }) => `, ${shadow} ${type}`)
        .join('')}) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)`,
  )

export const dropShadow = (own: string, id: number): string[] => [
  ...dropTriggers(own, id),
  `drop table if exists ${own}.${shadowName(id)}, ${own}.${firstTouchName(id)}`,
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

  const body = (name: (typeof FUNCTIONS)[number], statements: string, settings = '') =>
    `create function ${shadow}_${name}() returns trigger language plpgsql ${settings} as ${quoteBody(
      `#variable_conflict use_variable
      declare ${VERSION}; begin if v_version is not null then ${statements} end if; return null; end`,
    )}`
  const leaves = partitions
    .filter(({ kind }) => kind === 'r')
    .map(({ name }) => `${quoteName(schema)}.${quoteName(name)}`)
  // Not on the partitioned table itself, whose triggers see rows that moved between partitions without their xmin.
  const targets = table.partitioned ? leaves : [rel]
  const trigger = (name: (typeof FUNCTIONS)[number], before: string, after: string) =>
    targets.flatMap((target) => [
      `create trigger "pawl journal ${name}" ${before} on ${target} ${after} execute function ${shadow}_${name}()`,
      `alter table ${target} enable always trigger "pawl journal ${name}"`,
    ])
  const newKey = `${insert(keyColumns)} values (v_version, 'I', ${values(keyColumns, 'NEW')});`
  const changed = `(${values(keyColumns, 'OLD')}) is distinct from (${values(keyColumns, 'NEW')})`
  // By row on partitions: a row that is put into them from above, or moves, fires no statement trigger of theirs.
  const newKeys = `${insert(keyColumns)} select v_version, 'I', ${values(keyColumns, 'added')} from added;`
  const eachInserted = table.partitioned
    ? 'for each row'
    : 'referencing new table as added for each statement'
  const oldRow = `
    if age(OLD.xmin) > 0 or not ${own}.is_mine(OLD.xmin) then
      ${insert(table.columns)} values (v_version, 'O', ${values(table.columns, 'OLD')});
    end if;`
  // Row-level security switched off, the statement fails where it would otherwise leave rows out.
  const kept = `${insert(table.columns)} select $1, 'O', ${values(table.columns, 'kept')} from only `
  const truncated = `execute ${quoteBody(kept)} || tg_relid::regclass
    || ' kept where not ' || ${quoteText(own)} || '.is_mine(kept.xmin)' using v_version;`
  return [
    body('insert', table.partitioned ? newKey : newKeys),
    ...trigger('insert', 'after insert', eachInserted),
    // Apart, since neither then has to ask which it is: a sixth of what the journal takes of an update.
    body('update', `${oldRow} if ${changed} then ${newKey} end if;`),
    ...trigger('update', 'after update', 'for each row'),
    body('delete', oldRow),
    ...trigger('delete', 'after delete', 'for each row'),
    body('truncate', truncated, 'set row_security = off'),
    ...trigger('truncate', 'before truncate', 'for each statement'),
  ]
}
