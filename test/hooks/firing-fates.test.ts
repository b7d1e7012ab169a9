import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type postgres from 'postgres'
import { revertFirings } from '../../src/database/revert-firings.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'
import { waitsForLock } from '../support/waits-for-lock.ts'

const [ONE, OTHER] = [1, 2].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [string, string]
const ID = '10000000-0000-4000-8000-000000000000'
const HOOK = 'announce'
const LATER = new Date(Date.now() + 60_000)

/** What happens to a firing that process ONE has claimed. */
type Step =
  | 'begins'
  | 'is counted'
  | 'ends'
  | 'fails'
  | 'fails for good'
  | 'its level leaves the chain'
  | 'a level above leaves the chain'
  | 'its level of another index leaves the chain'
  | 'its process dies'
  | 'its process starts again'

interface Fate {
  readonly reversible?: boolean
  readonly key?: string
  /** Of no level: fired from outside. */
  readonly level?: number | null
  readonly steps: readonly Step[]
  /** What is left of it, in words; undefined: nothing. */
  readonly left: string | undefined
}

const FATES: readonly Fate[] = [
  { steps: [], left: 'queued, claimed' },
  { steps: ['begins'], left: 'running, claimed, begun, run 1 times' },
  { steps: ['begins', 'ends'], left: undefined },
  { steps: ['begins', 'ends'], key: 'a', left: 'done, key a, begun, run 1 times' },
  { steps: ['begins', 'ends'], reversible: true, left: 'done, begun, run 1 times' },
  { steps: ['begins', 'ends'], reversible: true, level: null, left: undefined },
  { steps: ['begins', 'fails'], left: 'queued, begun, later, run 1 times' },
  { steps: ['begins', 'fails for good'], left: 'dead, begun, run 1 times' },
  // A reorg.
  { steps: ['its level leaves the chain'], left: undefined },
  { steps: ['a level above leaves the chain'], left: 'queued, claimed' },
  { steps: ['its level of another index leaves the chain'], left: 'queued, claimed' },
  { steps: ['its level leaves the chain'], reversible: true, left: undefined },
  { steps: ['begins', 'fails', 'its level leaves the chain'], left: undefined },
  { steps: ['begins', 'fails for good', 'its level leaves the chain'], left: undefined },
  {
    steps: ['begins', 'fails', 'its level leaves the chain'],
    reversible: true,
    key: 'a',
    left: 'queued, to be undone, begun, at once, run 0 times',
  },
  {
    steps: ['begins', 'fails for good', 'its level leaves the chain'],
    reversible: true,
    left: 'queued, to be undone, begun, at once, run 0 times',
  },
  {
    steps: ['begins', 'ends', 'its level leaves the chain'],
    reversible: true,
    key: 'a',
    left: 'queued, to be undone, begun, at once, run 0 times',
  },
  {
    steps: ['begins', 'ends', 'its level leaves the chain'],
    key: 'a',
    left: 'done, key a, begun, run 1 times',
  },
  // A reorg while it runs: what becomes of it is decided when it ends.
  {
    steps: ['begins', 'its level leaves the chain'],
    left: 'running, claimed, orphaned, begun, run 1 times',
  },
  { steps: ['begins', 'its level leaves the chain', 'ends'], left: undefined },
  { steps: ['begins', 'its level leaves the chain', 'fails'], left: undefined },
  { steps: ['begins', 'its level leaves the chain', 'fails for good'], left: undefined },
  ...(['ends', 'fails', 'fails for good'] as const).map((end): Fate => ({
    steps: ['begins', 'its level leaves the chain', end],
    reversible: true,
    key: 'a',
    left: `queued, to be undone, begun,${end === 'ends' ? '' : ' at once,'} run 0 times`,
  })),
  // A process that dies: what it ran may have had its effect.
  { steps: ['its process dies'], left: 'queued, left behind' },
  { steps: ['its process starts again'], left: 'queued' },
  { steps: ['begins', 'its process dies'], left: 'queued, left behind, begun, run 1 times' },
  // An atomic one notes no begin: it is counted where it may have ended a process before.
  { steps: ['is counted'], left: 'queued, claimed, run 1 times' },
  { steps: ['is counted', 'its process dies'], left: 'queued, left behind, run 1 times' },
  { steps: ['is counted', 'its level leaves the chain'], reversible: true, left: undefined },
  { steps: ['begins', 'its process starts again'], left: 'queued, begun, run 1 times' },
  { steps: ['begins', 'its level leaves the chain', 'its process dies'], left: undefined },
  {
    steps: ['begins', 'its level leaves the chain', 'its process dies'],
    reversible: true,
    key: 'a',
    left: 'queued, to be undone, left behind, begun, run 1 times',
  },
]

async function openFates(t: TestContext) {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`insert into pawl.index (name, level) values ('blocks', 9), ('others', 9)`
  await addProcess(ONE)
  await addProcess(OTHER)
  const store = new FiringStore(database)
  const [one, other] = [new FiringClaims(database, ONE), new FiringClaims(database, OTHER)]
  const now = new Date()

  async function addProcess(id: string): Promise<void> {
    await sql`
      insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
      values (${id}, 'this', 1, '', '', '{}', '{announce}', '{}', 'infinity')`
    await sql`insert into pawl.lane (hook, process, slots) values (${HOOK}, ${id}, 1)`
  }

  async function claimed({ reversible = false, key, level = 9 }: Omit<Fate, 'steps' | 'left'>) {
    const at = level === null ? undefined : { index: 'blocks', level }
    const origin = at === undefined ? ({ type: 'outside' } as const) : ({ type: 'handler', ...at } as const)
    await store.add(sql, { id: ID, hook: HOOK, args: {}, origin, at, confirmations: 0, key, reversible }, now)
    const [firing] = await one.claim(HOOK, { limit: 1, dueBy: now })
    return firing ?? assert.fail('it was not claimed')
  }

  // Its statements are for one session.
  const revert = (to: { readonly indexId: number; readonly toLevel: number }) =>
    database.transaction((transaction) => revertFirings(transaction.sql, 'pawl', to))

  async function left(): Promise<string | undefined> {
    const [row] = await sql`select *, due_at = 'epoch' as now, due_at = ${LATER} as later from pawl.firing`
    if (row === undefined) return undefined
    return [
      row['state'],
      row['reverting'] === true ? 'to be undone' : [],
      row['worker'] === null ? [] : 'claimed',
      row['orphaned'] === true ? 'orphaned' : [],
      row['key'] === null ? [] : `key ${row['key']}`,
      row['left_behind'] === true ? 'left behind' : [],
      row['begun'] === true ? 'begun' : [],
      row['now'] === true ? 'at once' : row['later'] === true ? 'later' : [],
      row['begun'] === true || row['attempts'] > 0 ? `run ${row['attempts']} times` : [],
    ]
      .flat()
      .join(', ')
  }

  const STEPS: Readonly<Record<Step, (firing: Awaited<ReturnType<typeof claimed>>) => Promise<unknown>>> = {
    begins: async (firing) => assert.ok(await one.begin(firing)),
    'is counted': async (firing) => assert.ok(await one.count(firing)),
    ends: (firing) => one.finish(firing),
    fails: (firing) => one.fail(firing, { attempts: 1, error: 'no answer', dueAt: LATER }),
    'fails for good': (firing) => one.fail(firing, { attempts: 1, error: 'no answer', dueAt: undefined }),
    'its level leaves the chain': () => revert({ indexId: 1, toLevel: 8 }),
    'a level above leaves the chain': () => revert({ indexId: 1, toLevel: 9 }),
    'its level of another index leaves the chain': () => revert({ indexId: 2, toLevel: 8 }),
    'its process dies': async () => {
      await sql`delete from pawl.lane where process = ${ONE}`
      await sql`delete from pawl.process where id = ${ONE}`
      await other.left.recover()
      await addProcess(ONE)
    },
    'its process starts again': () => one.left.recover({ own: true }),
  }
  return { database, one, other, claimed, left, STEPS }
}

test('what becomes of a firing, whatever happens to it', async (t) => {
  const { database, claimed, left, STEPS } = await openFates(t)
  for (const { steps, left: expected, ...rest } of FATES) {
    const firing = await claimed(rest)
    for (const step of steps) await STEPS[step](firing)
    assert.equal(await left(), expected, JSON.stringify({ ...rest, steps }))
    await database.sql`delete from pawl.firing`
  }
})

test('who has lost a firing neither begins nor locks it, and what is given back is told', async (t) => {
  const { database, one, other, claimed, left, STEPS } = await openFates(t)
  const firing = await claimed({})
  let hear = (_hook: string): void => {}
  const heard = new Promise<string>((resolve) => (hear = resolve))
  const { unlisten } = await database.listen(
    one.channel,
    (hook) => hear(hook),
    () => {},
  )
  await one.release([firing.id])
  assert.equal(await heard, HOOK)
  await unlisten()
  await other.claim(HOOK, { limit: 1, dueBy: new Date() })
  assert.equal(await one.lock(database.sql, firing), false)
  assert.equal(await one.begin(firing), false)
  assert.equal(await one.count(firing), false)
  await one.finish(firing)
  await STEPS['fails for good'](firing)
  assert.equal(await left(), 'queued, claimed')
})

test('what becomes of one that failed is said', async (t) => {
  const { database, one, claimed, STEPS } = await openFates(t)
  const fates: readonly (readonly [Omit<Fate, 'left'>, Awaited<ReturnType<typeof one.fail>>])[] = [
    [{ steps: ['begins'] }, 'dead'],
    [{ steps: ['begins', 'its level leaves the chain'] }, 'dropped'],
    [{ steps: ['begins', 'its level leaves the chain'], reversible: true }, 'reverting'],
    [{ steps: ['begins', 'ends'] }, undefined],
  ]
  for (const [{ steps, ...rest }, fate] of fates) {
    const firing = await claimed(rest)
    for (const step of steps) await STEPS[step](firing)
    assert.equal(await one.fail(firing, { attempts: 1, error: 'no answer', dueAt: undefined }), fate)
    await database.sql`delete from pawl.firing`
  }
  const later = await claimed({})
  assert.equal(await one.fail(later, { attempts: 1, error: 'no answer', dueAt: LATER }), 'retrying')
})

test('one whose failure waits for the reorg that takes its level off is dropped', async (t) => {
  const { database, one, claimed, left, STEPS } = await openFates(t)
  const firing = await claimed({})
  await STEPS['begins'](firing)
  const failed = await database.transaction(async ({ sql }) => {
    await revertFirings(sql, 'pawl', { indexId: 1, toLevel: 8 })
    const failing = one.fail(firing, { attempts: 1, error: 'no answer', dueAt: LATER })
    await until(database.sql as unknown as postgres.Sql, waitsForLock)
    return { failing }
  })
  assert.equal(await failed.failing, 'dropped')
  assert.equal(await left(), undefined)
})

test('what a dead process ran of levels that left the chain is said when it is dropped', async (t) => {
  const { database, other, claimed, left, STEPS } = await openFates(t)
  const firing = await claimed({})
  for (const step of ['begins', 'its level leaves the chain'] as const) await STEPS[step](firing)
  await database.sql`delete from pawl.process where id = ${ONE}`
  const origin = { type: 'handler', index: 'blocks', level: 9 }
  assert.deepEqual(await other.left.recover(), [{ id: ID, hook: HOOK, origin }])
  assert.equal(await left(), undefined)
})
