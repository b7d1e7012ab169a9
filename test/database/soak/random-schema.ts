import { KEY_TYPES, TYPES, TYPES_SQL, type ColumnType } from './column-types.ts'
import type { Random } from './random.ts'

export interface SoakColumn {
  /** Quoted. */
  readonly name: string
  readonly type: ColumnType
  /** `always`: INSERT needs OVERRIDING SYSTEM VALUE. */
  readonly filled?: 'serial' | 'always' | 'by default'
}

export interface SoakTable {
  /** Quoted. */
  readonly name: string
  /** The index that writes it. */
  readonly index: 1 | 2
  readonly key: readonly [SoakColumn, ...SoakColumn[]]
  readonly columns: readonly SoakColumn[]
  readonly sql: readonly string[]
  /** A column of unique numbers. */
  readonly unique: string | undefined
  readonly partitioned: boolean
  /** A table that inherits from it, with keys of its own. */
  readonly child: string | undefined
}

const NAMES = [
  'plain',
  '"Quoted ""Name"""',
  '"$pawl$ \\ %s"',
  '"order"',
  `"${'long name, of 63 bytes '.repeat(4).slice(0, 60)}"`,
  'journal_1',
] as const
const COLUMN_NAMES = [
  'a',
  '"B c"',
  '"select"',
  'version',
  'op',
  'c1',
  'new',
  '"d ""q"""',
  '"$pawl$"',
  'tg_op',
]

const quoted = (name: string, suffix: number): string =>
  name.startsWith('"') ? `${name.slice(0, -1)}${suffix}"` : `${name}${suffix}`

const INT: ColumnType = { name: 'int', values: ['0', '1', '2', 'null'] }

/** Tables out of what PostgreSQL offers, with foreign keys among those of the same index. */
export function randomSchema(random: Random, version: number): SoakTable[] {
  const tables: SoakTable[] = []
  const count = 2 + random.below(4)
  for (let at = 0; at < count; at += 1) tables.push(randomTable(random, at, tables, version))
  return tables
}

export const schemaSql = (tables: readonly SoakTable[]): string =>
  [TYPES_SQL, ...tables.flatMap(({ sql }) => sql)].join(';\n')

function randomTable(random: Random, at: number, earlier: readonly SoakTable[], version: number): SoakTable {
  const name = quoted(random.pick(NAMES), at)
  const index = random.chance(0.6) ? 1 : 2
  const partitioned = random.chance(0.2)
  const key = randomKey(random, partitioned)
  const others = Array.from({ length: random.below(5) }, (_, n): SoakColumn => ({
    name: quoted(random.pick(COLUMN_NAMES), n),
    type: random.pick(TYPES),
  }))
  const counter: SoakColumn = { name: 'counter', type: INT }
  const unique = partitioned || random.chance(0.6) ? undefined : 'place'
  const definitions = [
    ...[...key, ...others, counter].map(define),
    ...(unique === undefined ? [] : [`place int unique ${deferrable(random)}`]),
    ...(random.chance(0.4) ? ['twice int generated always as (counter * 2) stored'] : []),
    ...(version >= 18 && random.chance(0.3) ? ['thrice int generated always as (counter * 3) virtual'] : []),
    ...(random.chance(0.3) ? ['dropped text'] : []),
    `primary key (${key.map((column) => column.name).join(', ')}) ${partitioned ? '' : random.chance(0.2) ? deferrable(random) : ''}`,
  ]
  const references = earlier.filter(
    (table) =>
      table.index === index && table.key.length === 1 && !table.sql[0]?.startsWith('create unlogged'),
  )
  const own: SoakColumn[] = []
  const target = references.length > 0 && random.chance(0.7) ? random.pick(references) : undefined
  const deferrablePrimary = (table: SoakTable): boolean =>
    / primary key [^,]* deferrable/.test(table.sql[0] ?? '')
  if (target !== undefined && !deferrablePrimary(target)) {
    const [{ type }] = target.key
    own.push({ name: 'parent', type })
    definitions.push(`parent ${type.name} references ${target.name} ${actions(random)}`)
  }
  const unlogged = !partitioned && target === undefined && earlier.length === 0 && random.chance(0.1)
  const create = `create ${unlogged ? 'unlogged ' : ''}table ${name} (${definitions.join(', ')})`
  const child = !partitioned && random.chance(0.15) ? `child_${at}` : undefined
  return {
    name,
    index,
    key,
    child,
    columns: [...others, counter, ...own],
    unique,
    partitioned,
    sql: [
      create + (partitioned ? ` partition by hash (${key[0].name})` : ''),
      ...(partitioned ? partitions(random, name, at) : []),
      ...(definitions.includes('dropped text') ? [`alter table ${name} drop column dropped`] : []),
      ...(child !== undefined
        ? [
            `create table ${child} (primary key (${key.map((column) => column.name).join(', ')})) inherits (${name})`,
          ]
        : []),
      ...triggers(random, name, at, key),
    ],
  }
}

function randomKey(random: Random, partitioned: boolean): [SoakColumn, ...SoakColumn[]] {
  const first: SoakColumn =
    !partitioned && random.chance(0.3)
      ? { name: 'id', type: INT, filled: random.pick(['serial', 'always', 'by default']) }
      : { name: random.pick(['id', '"Key ""1"""', '"k $pawl$"']), type: random.pick(KEY_TYPES) }
  return random.chance(0.3) ? [first, { name: 'second', type: random.pick(KEY_TYPES) }] : [first]
}

function define({ name, type, filled }: SoakColumn): string {
  if (filled === undefined) return `${name} ${type.name}`
  return filled === 'serial' ? `${name} serial` : `${name} int generated ${filled} as identity`
}

const deferrable = (random: Random): string =>
  random.pick(['', 'deferrable initially immediate', 'deferrable initially deferred'])

const actions = (random: Random): string =>
  `on delete ${random.pick(['cascade', 'set null', 'set default', 'restrict', 'no action'])}
   on update ${random.pick(['cascade', 'set null', 'restrict', 'no action'])} ${deferrable(random)}`

function partitions(random: Random, name: string, at: number): string[] {
  const part = (n: number): string => `part_${at}_${n}`
  const second = random.chance(0.5)
    ? [`create table ${part(1)} partition of ${name} for values with (modulus 2, remainder 1)`]
    : [
        // Attached, with its columns in the same order but another history.
        `create table ${part(1)} (like ${name} including all)`,
        `alter table ${part(1)} add column gone int`,
        `alter table ${part(1)} drop column gone`,
        `alter table ${name} attach partition ${part(1)} for values with (modulus 2, remainder 1)`,
      ]
  return [`create table ${part(0)} partition of ${name} for values with (modulus 2, remainder 0)`, ...second]
}

/** Triggers of users, whose names come before ours and after. */
function triggers(random: Random, name: string, at: number, key: readonly SoakColumn[]): string[] {
  if (random.chance(0.6)) return []
  const body = random.pick([
    `new.counter := coalesce(new.counter, 0) + 1; return new;`,
    `if pg_trigger_depth() < 2 then update ${name} set counter = coalesce(counter, 0) + 1
       where ${key.map((column) => `${column.name} = new.${column.name}`).join(' and ')}; end if; return new;`,
    `if pg_trigger_depth() < 2 then delete from ${name} where counter = 13; end if; return new;`,
  ])
  const when = body.startsWith('new.') ? 'before' : 'after'
  const trigger = `"${random.pick(['a', 'z'])} user"`
  return [
    `create function user_${at}() returns trigger language plpgsql as $u$ begin ${body} end $u$`,
    `create trigger ${trigger} ${when} insert or update on ${name} for each row execute function user_${at}()`,
    ...(random.chance(0.2) ? [`alter table ${name} enable always trigger ${trigger}`] : []),
  ]
}
