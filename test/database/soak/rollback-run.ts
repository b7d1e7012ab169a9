import { pruneJournal } from '../../../src/database/prune-journal.ts'
import type { Sql } from '../../../src/database/database.ts'
import { RollbackError } from '../../../src/errors.ts'
import type { JournalFixture } from '../journal-fixture.ts'
import { randomFrom } from './random.ts'
import { randomSchema, schemaSql, type SoakTable } from './random-schema.ts'
import { isSwap, randomStatement } from './random-statement.ts'
import { findDifference, takeSnapshot, type Snapshot } from './snapshot.ts'

export interface RunCounts {
  levels: number
  statements: number
  /** Statements and levels that a constraint refused. */
  failed: number
  reverts: number
  /** Reverts that said that they cannot be: only without the right to suspend triggers. */
  refused: number
}

/** What random writes run into; anything else is a fault. */
const EXPECTED = /^(23...|21000|27000|428C9|55000|0A000|22001|22003|42P10)$/

const isExpected = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && EXPECTED.test(String(error.code))

interface IndexState {
  readonly index: 1 | 2
  level: number
  floor: number
  readonly snapshots: Map<number, Snapshot>
}

/**
 * One random schema, written by two indexes level by level, reverted and pruned in between: after each revert to a level the
 * index's tables are as they were there, and the other's as they were just before.
 * @throws Error that says what differs
 */
export async function rollbackRun(
  db: JournalFixture,
  seed: number,
  version: number,
  suspends: boolean,
): Promise<RunCounts> {
  const random = randomFrom(seed)
  const counts: RunCounts = { levels: 0, statements: 0, failed: 0, reverts: 0, refused: 0 }
  let altered = 0
  let tables: readonly SoakTable[] = randomSchema(random, version)
  await db.sql.unsafe(`drop schema public cascade; create schema public; ${schemaSql(tables)};
    delete from pawl.version; delete from pawl.block;
    update pawl.index set level = null, hash = null, finalized = null`)
  await db.track()
  const indexes = ([1, 2] as const).map((index): IndexState => ({
    index,
    level: 0,
    floor: 0,
    snapshots: new Map(),
  }))
  for (const state of indexes) await write([state], 0)

  const steps = 8 + random.below(10)
  for (let step = 0; step < steps; step += 1) {
    const state = random.pick(indexes)
    const what = random.below(100)
    if (what < 55) await write([state], 11)
    else if (what < 65) await write(indexes, 4)
    else if (what < 75) await alter()
    else if (what < 82) await prune(state)
    else await revert(state)
  }
  for (const state of indexes) await revert(state)
  return counts

  /** At the same time. What came of it is read when all have ended: it locks tables that a TRUNCATE of another one waits for. */
  async function write(states: readonly IndexState[], most: number): Promise<void> {
    const written = await Promise.all(states.map((state) => writeLevel(state, random.below(most + 1))))
    for (const [at, state] of states.entries()) {
      if (written[at] === true) state.snapshots.set(state.level, await takeSnapshot(db.sql))
    }
  }

  /** @returns whether it was committed */
  async function writeLevel(state: IndexState, statements: number): Promise<boolean> {
    const own = tables.filter(({ index }) => index === state.index)
    const chosen = Array.from({ length: own.length === 0 ? 0 : statements }, () => {
      const statement = randomStatement(random, random.pick(own), version)
      return { text: !suspends && isSwap(statement) ? 'select 1' : statement, how: random.pick(WRAPPINGS) }
    })
    const to = state.level + 1 + (random.chance(0.2) ? random.below(3) : 0)
    counts.statements += chosen.length
    try {
      await db.level(
        async (sql) => {
          for (const { text, how } of chosen) if (!(await runStatement(sql, text, how))) counts.failed += 1
        },
        { index: state.index, to },
      )
    } catch (error) {
      if (!isExpected(error)) throw error
      counts.failed += 1
      return false
    }
    counts.levels += 1
    state.level = to
    return true
  }

  async function prune(state: IndexState): Promise<void> {
    const finalized = random.pick(reachable(state))
    await pruneJournal(db.sql, { ownSchema: 'pawl', indexId: state.index, finalized })
    state.floor = finalized
  }

  async function revert(state: IndexState): Promise<void> {
    const target = random.pick(reachable(state))
    const [before, triggers] = [await takeSnapshot(db.sql), await userTriggers(db.sql)]
    counts.reverts += 1
    const what = `index ${state.index} reverted from ${state.level} to ${target}`
    let done = true
    try {
      await db.revert(target, { index: state.index })
    } catch (error) {
      if (suspends || !(error instanceof RollbackError)) throw new Error(what, { cause: error })
      counts.refused += 1
      done = false
    }
    const after = await takeSnapshot(db.sql)
    const isOwn = (rel: string): boolean => ownerOf(tables, rel) === state.index
    const differences = [
      findDifference(done ? (state.snapshots.get(target) ?? new Map()) : before, after, isOwn),
      findDifference(before, after, (rel) => !isOwn(rel)),
      (await userTriggers(db.sql)) === triggers ? undefined : 'triggers of users',
    ].filter((difference) => difference !== undefined)
    if (differences.length > 0) throw new Error(`${what}: ${differences.join('\n')}`)
    if (!done) return
    const { level } = await db.cursor(state.index)
    if (Number(level) !== target) throw new Error(`${what}, and stands at ${level}`)
    for (const known of state.snapshots.keys()) if (known > target) state.snapshots.delete(known)
    state.level = target
  }

  async function alter(): Promise<void> {
    const table = random.pick(tables)
    const n = (altered += 1)
    const added = `added_${n}`
    const [first] = table.columns
    switch (random.below(4)) {
      case 0:
        await db.sql.unsafe(`alter table ${table.name} add column ${added} text default 'x'`)
        break
      case 1:
        await db.sql.unsafe(
          `alter table ${table.name} add column ${added} int; create index on ${table.name} (${added})`,
        )
        break
      case 2:
        if (first === undefined || ['counter', 'parent'].includes(first.name)) break
        await db.sql.unsafe(`alter table ${table.name} drop column ${first.name}`)
        tables = tables.map((each) => (each === table ? { ...table, columns: table.columns.slice(1) } : each))
        break
      default: {
        const one = randomSchema(random, version)[0]
        if (one === undefined) break
        const late = rename(one, n)
        if (late === undefined) break
        await db.sql.unsafe(late.sql.join(';'))
        tables = [...tables, late]
      }
    }
  }
}

/** A table that comes later, under a name that no other has; undefined: its parts have names of their own. */
function rename(table: SoakTable, n: number): SoakTable | undefined {
  if (table.sql.length > 1 || table.columns.some(({ name }) => name === 'parent')) return undefined
  const name = `late_${n}`
  return { ...table, name, sql: table.sql.map((sql) => sql.replace(table.name, () => name)) }
}

const reachable = ({ snapshots, floor, level }: IndexState): number[] =>
  [...snapshots.keys()].filter((known) => known >= floor && known <= level)

/** By its number, which a table's children and partitions have, too. */
function ownerOf(tables: readonly SoakTable[], rel: string): number | undefined {
  const child = /child_(\d+)$/.exec(rel)
  if (child !== null) return tables[Number(child[1])]?.index
  const plain = (name: string): string => name.replaceAll(/^"|"$/g, '')
  const name = plain(rel.replace(/^only /, '').replace(/^public\./, ''))
  return tables.find((table) => plain(table.name) === name)?.index
}

const userTriggers = async (sql: Sql): Promise<string> => {
  const rows = await sql<{ trigger: string }[]>`
    select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text as trigger from pg_trigger
    where (not tgisinternal or tgparentid <> 0 and tgconstraint = 0) and tgname not like 'pawl journal%' order by 1`
  return rows.map(({ trigger }) => trigger).join('\n')
}

type Wrapping = (typeof WRAPPINGS)[number]

/** By itself; in a savepoint; in one that is rolled back; two deep. */
const WRAPPINGS = ['savepoint', 'savepoint', 'savepoint', 'undone', 'nested', 'plain'] as const

// Deferred constraints are checked at once, so that what one refuses does not end the whole level.
const CHECK = 'set constraints all immediate; set constraints all deferred'

async function runStatement(sql: Sql, text: string, how: Wrapping): Promise<boolean> {
  if (how === 'plain') {
    await sql.unsafe(`${text}; ${CHECK}`)
    return true
  }
  await sql.unsafe('savepoint one')
  try {
    await sql.unsafe(how === 'nested' ? `savepoint two; ${text}; release two; ${CHECK}` : `${text}; ${CHECK}`)
    if (how === 'undone') await sql.unsafe('rollback to one')
    await sql.unsafe('release one')
    return true
  } catch (error) {
    if (!isExpected(error)) throw new Error(text, { cause: error })
    await sql.unsafe('rollback to one; release one')
    return false
  }
}
