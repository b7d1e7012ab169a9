import type { Random } from './random.ts'
import type { SoakColumn, SoakTable } from './random-schema.ts'

/** A write to a table, as a handler may make it; it may fail by a constraint. */
export function randomStatement(random: Random, table: SoakTable, version: number): string {
  const { name, key, columns, unique } = table
  const keys = key.map((column) => column.name).join(', ')
  const some = `abs(hashtext(row(${keys})::text)) % ${2 + random.below(4)} = ${random.below(2)}`
  const set = (): string => {
    const column = random.pick(columns)
    return `${column.name} = ${value(random, column)}`
  }
  const writes: (() => string)[] = [
    () => insert(random, table, 1 + random.below(6)),
    () => insert(random, table, 1 + random.below(6)),
    () => insert(random, table, 20),
    () => `${insert(random, table, 1, '')} on conflict (${keys}) do update set ${set()}`,
    () => `update ${name} set ${set()} where ${some}`,
    () => `update ${name} set ${set()}`,
    () => `update ${name} set counter = coalesce(counter, 0) + 1 where ${some}`,
    () => `delete from ${name} where ${some}`,
    () => `delete from ${name} where ${some}`,
    () =>
      `update ${name} set ${key[0].name} = ${keyValue(random, key[0])} where ${some} and ${only(random, table)}`,
    () => `update only ${name} set ${set()} where ${some}`,
    () =>
      `do $do$ begin update ${name} set ${set()}; begin ${insert(random, table, 3)}; ${insert(random, table, 3, '')};
        exception when others then null; end; delete from ${name} where ${some}; end $do$`,
    () =>
      `create temp table moved on commit drop as select * from ${name}; delete from ${name} where ${some}; drop table moved`,
    () => (random.chance(0.2) ? `truncate ${name} cascade` : 'select 1'),
    () => (random.chance(0.2) ? `truncate ${name} restart identity cascade` : 'select 1'),
  ]
  if (key.every(({ filled }) => filled !== 'always')) {
    writes.push(
      () => `with gone as (delete from ${name} where ${some} returning ${keys})
      insert into ${name} (${keys}) select ${keys} from gone on conflict do nothing`,
    )
  }
  const { child } = table
  if (child !== undefined) {
    for (let weight = 0; weight < 4; weight += 1) {
      writes.push(() => insert(random, { ...table, name: child }, 1 + random.below(6)))
    }
  }
  if (unique !== undefined) {
    writes.push(
      () => `update ${name} set place = ${random.below(30)} where ${only(random, table)}`,
      () => `update ${name} set place = -place`,
    )
  }
  if (version >= 15 && key.length === 1 && key[0].filled === undefined) {
    writes.push(
      () => `merge into ${name} t using (values (${keyValue(random, key[0])}::${key[0].type.name})) s (k) on t.${keys} = s.k
      when matched and t.counter is null then delete when matched then update set counter = null
      when not matched then insert (${keys}) values (s.k)`,
    )
  }
  return random.pick(writes)()
}

/** A statement that swaps values of a unique column in one go, which not every revert can put back in place. */
export const isSwap = (statement: string): boolean => statement.includes('place = -place')

const value = (random: Random, { type }: SoakColumn): string =>
  random.chance(0.2) ? 'null' : random.pick(type.values)

const keyValue = (random: Random, column: SoakColumn): string =>
  column.filled === undefined ? random.pick(column.type.values) : String(1 + random.below(40))

const only = (random: Random, { name, key }: SoakTable): string =>
  `(${key.map((column) => column.name).join(', ')}) in (select ${key.map((column) => column.name).join(', ')} from ${name}
    order by hashtext(row(${key.map((column) => column.name).join(', ')})::text) offset ${random.below(4)} limit 1)`

function insert(random: Random, table: SoakTable, rows: number, conflict = 'on conflict do nothing'): string {
  const own = random.chance(0.5)
  const filled = table.key.filter((column) => column.filled === undefined || own)
  const place = table.unique === undefined ? [] : [table.unique]
  const names = [...filled, ...table.columns].map((column) => column.name)
  const parents = table.columns.find((column) => column.name === 'parent')
  const row = (): string =>
    `(${[
      ...filled.map((column) => keyValue(random, column)),
      ...table.columns.map((column) =>
        column === parents && random.chance(0.5) ? 'null' : value(random, column),
      ),
      ...place.map(() => String(random.below(30))),
    ].join(', ')})`
  const overriding =
    own && table.key.some((column) => column.filled === 'always') ? 'overriding system value' : ''
  return `insert into ${table.name} (${[...names, ...place].join(', ')}) ${overriding}
    values ${Array.from({ length: rows }, row).join(', ')} ${conflict}`
}
