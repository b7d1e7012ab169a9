import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database } from '../../src/database/database.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { Claim, JobStore, Run, StoreEvents } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'

const NOW = new Date('2026-01-01T00:00:00.123Z')
const LATER = new Date('2026-01-02T00:00:00.456Z')
const after = (ms: number): Date => new Date(NOW.getTime() + ms)
const job = (name: string, schedule = 'every 60 s') => ({ name, hook: 'hook', schedule })
const silent: StoreEvents = { changed: () => {}, unheard: () => {}, look: () => {} }

const claim = (name: string, ...ms: number[]): Claim => ({
  job: name,
  until: after(ms.at(-1) ?? 0),
  next: undefined,
  runs: ms.map((at, index) => ({ fireTime: after(at), fireTimes: 1, begun: index === 0 })),
})
const run = (name: string, ms: number, more: Partial<Run> = {}): Run => ({
  job: name,
  fireTime: after(ms),
  fireTimes: 1,
  status: 'succeeded',
  attempt: 1,
  byHand: false,
  finishedAt: LATER,
  ...more,
})
const times = (dates: readonly Date[]): number[] => dates.map((date) => date.getTime() - NOW.getTime())

const STORES = {
  'in a database': async (t: TestContext) => createJobStore(await openTestDatabase(t)),
  'in memory': () => Promise.resolve(createMemoryJobStore()),
}

for (const [where, open] of Object.entries(STORES)) {
  const suite = (name: string, run: (store: JobStore) => Promise<void>): void =>
    void test(`${where}: ${name}`, async (t) => {
      const store = await open(t)
      await store.join(silent, () => NOW)
      await run(store)
      await store.leave()
    })

  suite('a firing that begins counts with its claim, one that waits does not', async (store) => {
    await store.load([job('a')], NOW)
    await store.claim([claim('a', 10, 20)])
    // Claimed before: a second time it is nobody's.
    await store.claim([claim('a', 10, 20)])
    const [a] = await store.read()
    assert.deepEqual([a?.fired, times([a?.lastFireTime ?? NOW])], [1, [10]])
    await store.record('a', { fired: -1, missed: 1 })
    const [after] = await store.read()
    assert.deepEqual([after?.fired, after?.missed], [0, 1])
  })

  suite('a job begins when it is first seen, and is found again', async (store) => {
    const first = await store.load([job('a'), job('b\'"; --')], NOW)
    assert.deepEqual([...first.keys()].sort(), ['a', 'b\'"; --'])
    const a = first.get('a')
    assert.deepEqual([a?.anchor, a?.accounted, a?.fired, a?.paused], [NOW, NOW, 0, false])
    await store.record('a', { fired: 1, coalesced: 2, missed: 3, lastFireTime: LATER })
    await store.record('a', { fired: 1, skipped: 4, failed: 5, retried: 6, lastError: 'boom' })
    const again = (await store.load([job('a')], LATER)).get('a')
    assert.deepEqual(again, {
      ...a,
      fired: 2,
      coalesced: 2,
      missed: 3,
      skipped: 4,
      failed: 5,
      retried: 6,
      lastFireTime: LATER,
      lastError: 'boom',
    })
  })

  suite('another schedule begins anew, and keeps the counts', async (store) => {
    await store.load([job('a')], NOW)
    await store.record('a', { fired: 7 })
    const changed = (await store.load([job('a', 'every 90 s')], LATER)).get('a')
    assert.deepEqual([changed?.anchor, changed?.accounted, changed?.fired], [LATER, LATER, 7])
  })

  suite('a job that is gone is retired, and begins anew when it comes back', async (store) => {
    await store.load([job('a'), job('b')], NOW)
    assert.deepEqual([...(await store.load([job('a')], NOW)).keys()], ['a'])
    const back = await store.load([job('a'), job('b')], LATER)
    assert.deepEqual([back.get('a')?.anchor, back.get('b')?.anchor], [NOW, LATER])
    assert.equal((await store.load([], LATER)).size, 0)
  })

  suite('a fire time is claimed once, and what was accounted for is told', async (store) => {
    await store.load([job('a'), job('b')], NOW)
    const [first, none] = await store.claim([claim('a', 10, 20), claim('no such job', 10)])
    assert.deepEqual(times(first?.fireTimes ?? []), [10, 20])
    assert.deepEqual(times([first?.accounted ?? LATER]), [0])
    assert.deepEqual(none?.fireTimes, [])
    const [again, b] = await store.claim([claim('a', 20, 30), claim('b', 10)])
    assert.deepEqual([times(again?.fireTimes ?? []), times([again?.accounted ?? LATER])], [[30], [20]])
    assert.deepEqual(times(b?.fireTimes ?? []), [10])
  })

  suite('after a rewind the same time is not claimed again, but those between are', async (store) => {
    await store.load([job('a')], NOW)
    await store.claim([claim('a', 1_000)])
    await store.rewind(after(100))
    const [again] = await store.claim([claim('a', 500, 1_000)])
    assert.deepEqual(times(again?.fireTimes ?? []), [500])
  })

  suite('what is asked for by hand is taken over once', async (store) => {
    await store.load([job('a')], NOW)
    assert.equal(await store.change('a', { type: 'run' }, LATER), true)
    assert.equal(await store.change('a', { type: 'run' }, LATER), true)
    assert.equal(await store.change('b', { type: 'run' }, LATER), false)
    const taken = await store.takeOver(() => true)
    assert.deepEqual(
      taken.map(({ fireTime, status, byHand }) => [fireTime.getTime() - LATER.getTime(), status, byHand]),
      [
        [0, 'due', true],
        [1, 'due', true],
      ],
    )
    assert.deepEqual(await store.takeOver(() => true), [])
  })

  suite('what is asked for by hand at the next fire time does not take its place', async (store) => {
    await store.load([job('a')], NOW)
    await store.plan(new Map([['a', LATER]]))
    await store.change('a', { type: 'run' }, LATER)
    const [answer] = await store.claim([
      { job: 'a', until: LATER, next: undefined, runs: [{ fireTime: LATER, fireTimes: 1, begun: true }] },
    ])
    assert.deepEqual(answer?.fireTimes, [LATER])
    assert.equal((await store.takeOver(() => true)).length, 1)
  })

  suite('what was released is for anybody, with the attempt that it has come to', async (store) => {
    await store.load([job('a')], NOW)
    await store.claim([claim('a', 10, 20, 30)])
    await store.record('a', {}, run('a', 10))
    await store.record('a', {}, { ...released(20), attempt: 2, retryAt: LATER })
    await store.record('a', {}, released(30))
    const taken = await store.takeOver(() => true)
    assert.deepEqual(times(taken.map(({ fireTime }) => fireTime)), [20, 30])
    assert.deepEqual([taken[0]?.attempt, taken[0]?.retryAt], [2, LATER])
  })

  suite('paused stays paused; resumed, what passed meanwhile is accounted for', async (store) => {
    await store.load([job('a')], NOW)
    await store.change('a', { type: 'pause' }, NOW)
    assert.equal((await store.load([job('a')], NOW)).get('a')?.paused, true)
    await store.change('a', { type: 'resume' }, LATER)
    const [a] = await store.read(['a'])
    assert.deepEqual([a?.paused, a?.accounted], [false, LATER])
    assert.equal(await store.change('b', { type: 'pause' }, NOW), false)
  })

  suite('paused by the config: at first, and when that changes', async (store) => {
    const paused = async (paused: boolean) =>
      (await store.load([{ ...job('a'), paused }], NOW)).get('a')?.paused
    assert.equal(await paused(true), true)
    await store.change('a', { type: 'resume' }, NOW)
    assert.equal(await paused(true), false)
    assert.equal(await paused(false), false)
    assert.equal(await paused(true), true)
  })

  suite('a new schedule holds until the config has another', async (store) => {
    await store.load([job('a')], NOW)
    await store.change('a', { type: 'reschedule', schedule: 'every 5 s', trigger: { interval: 5 } }, LATER)
    const same = (await store.load([job('a')], NOW)).get('a')
    assert.deepEqual([same?.schedule, same?.trigger, same?.anchor], ['every 5 s', { interval: 5 }, LATER])
    const other = (await store.load([job('a', 'every 7 s')], NOW)).get('a')
    assert.deepEqual([other?.schedule, other?.trigger], ['every 7 s', undefined])
  })

  suite('a removed job stays away until its entry in the config changes', async (store) => {
    await store.load([job('a')], NOW)
    assert.equal(await store.change('a', { type: 'remove' }, NOW), true)
    assert.equal(await store.change('a', { type: 'remove' }, NOW), false)
    assert.deepEqual(await store.read(), [])
    assert.equal((await store.load([job('a')], NOW)).size, 0)
    assert.equal(
      (await store.load([job('a', 'every 7 s')], LATER)).get('a')?.anchor.getTime(),
      LATER.getTime(),
    )
  })

  suite('or until the config has had it no more', async (store) => {
    await store.load([job('a')], NOW)
    await store.change('a', { type: 'remove' }, NOW)
    await store.load([], NOW)
    assert.deepEqual((await store.load([job('a')], LATER)).get('a')?.anchor, LATER)
  })

  suite(
    'one that is added in the place of a removed one owes nothing, and keeps the counts',
    async (store) => {
      await store.load([job('a')], NOW)
      await store.record('a', { fired: 2 })
      await store.change('a', { type: 'remove' }, NOW)
      const { hook, schedule } = job('a')
      const definition = { hook, interval: 60 }
      await store.change('a', { type: 'add', hook, schedule, definition, temporary: false }, LATER)
      const [a] = await store.read()
      assert.deepEqual([a?.anchor, a?.accounted, a?.fired], [LATER, LATER, 2])
    },
  )

  suite('what was due before a pause stays due, also where the config ends the pause', async (store) => {
    await store.load([job('a'), { ...job('b'), paused: true }], NOW)
    await store.change('a', { type: 'pause' }, after(100))
    await store.change('a', { type: 'resume' }, LATER)
    const [a] = await store.read(['a'])
    assert.deepEqual([a?.paused, a?.accounted], [false, NOW])
    assert.deepEqual(a?.pauses, [{ from: after(100), to: LATER }])
    const b = (await store.load([job('a'), job('b')], LATER)).get('b')
    assert.deepEqual([b?.paused, b?.accounted, b?.pauses], [false, LATER, []])
  })

  suite('a new job is paused as it says, and not as one of its name was', async (store) => {
    const add = (paused: boolean) =>
      store.change(
        'a',
        {
          type: 'add',
          hook: 'hook',
          schedule: 'every 5 s',
          definition: { hook: 'hook', interval: 5, paused },
          temporary: false,
        },
        NOW,
      )
    const isPaused = async () => (await store.read(['a']))[0]?.paused
    await add(true)
    assert.equal(await isPaused(), true)
    await store.change('a', { type: 'remove' }, NOW)
    await add(false)
    assert.equal(await isPaused(), false)
    // By hand: for as long as it is there.
    await store.change('a', { type: 'pause' }, NOW)
    await add(false)
    assert.equal(await isPaused(), true)
    await store.change('a', { type: 'remove' }, NOW)
    await add(false)
    assert.equal(await isPaused(), false)
  })

  suite('an added job stays, unless it is temporary, and no config job is replaced', async (store) => {
    await store.load([job('a')], NOW)
    const definition = { hook: 'hook', interval: 5 } as const
    const add = (name: string, temporary = false, schedule = 'every 5 s') =>
      store.change(name, { type: 'add', hook: 'hook', schedule, definition, temporary }, NOW)
    assert.deepEqual(await Promise.all([add('a'), add('b'), add('c', true)]), [false, true, true])
    assert.equal(await add('b'), true)
    const loaded = await store.load([job('a')], LATER)
    // As long as whoever added it lives.
    assert.deepEqual([...loaded.keys()].sort(), ['a', 'b', 'c'])
    await store.change('c', { type: 'remove' }, NOW)
    assert.deepEqual([loaded.get('b')?.definition, loaded.get('b')?.origin], [definition, 'added'])
    assert.deepEqual(loaded.get('b')?.anchor, NOW)
    // The config has it now.
    const taken = (await store.load([job('a'), job('b')], LATER)).get('b')
    assert.deepEqual([taken?.origin, taken?.definition, taken?.anchor], ['config', undefined, LATER])
    await add('d')
    await store.change('d', { type: 'remove' }, NOW)
    assert.equal((await store.load([], LATER)).size, 0)
  })
}

const released = (ms: number): Run => {
  const { finishedAt: _, ...rest } = run('a', ms, { status: 'due', released: true })
  return rest
}

test('two processes on one database never have the same fire time', async (t) => {
  const database = await openTestDatabase(t)
  const stores = [createJobStore(database), createJobStore(database), createJobStore(database)]
  for (const store of stores) await store.join(silent, () => NOW)
  const names = Array.from({ length: 40 }, (_, at) => `job ${at}`)
  for (const store of stores)
    await store.load(
      names.map((name) => job(name)),
      NOW,
    )
  const had = new Map<string, number>()
  for (let round = 1; round <= 10; round++) {
    const answers = await Promise.all(
      stores.map(async (store, at) => {
        const order = at === 1 ? names.toReversed() : names
        const claims = order.map((name) => claim(name, round * 10))
        // A deadlock is an error like any other: the scheduler claims again.
        const claimed = await store.claim(claims).catch(() => store.claim(claims))
        return claimed.flatMap(({ fireTimes }, index) =>
          fireTimes.map((time) => `${order[index]} ${time.getTime()}`),
        )
      }),
    )
    for (const key of answers.flat()) had.set(key, (had.get(key) ?? 0) + 1)
  }
  assert.equal(had.size, 400)
  assert.deepEqual(
    [...had.values()].filter((count) => count > 1),
    [],
  )
  for (const store of stores) await store.leave()
})

test('what a process that left, or died, had is taken over; what it says then counts no more', async (t) => {
  const database = await openTestDatabase(t)
  const [dead, other] = [createJobStore(database), createJobStore(database)]
  await dead.join(silent, () => NOW)
  await other.join(silent, () => NOW)
  await dead.load([job('a')], NOW)
  await dead.claim([claim('a', 10, 20)])
  assert.deepEqual(await other.takeOver(() => true), [])
  const own = database.sql(database.ownSchema)
  let taken: readonly Run[] = []
  // Again and again: their heartbeats put them back.
  while (taken.length === 0) {
    await database.sql`update ${own}.process set expires_at = now() - interval '1 s'`
    taken = await other.takeOver(() => true)
  }
  assert.deepEqual(
    taken.map(({ fireTime, status }) => [fireTime.getTime() - NOW.getTime(), status]),
    [
      [10, 'running'],
      [20, 'due'],
    ],
  )
  await other.record('a', {}, run('a', 10, { attempt: 2 }))
  await dead.record('a', {}, run('a', 10, { status: 'failed', error: 'too late' }))
  const [row] =
    await database.sql`select status, attempt, error from ${own}.job_run where fire_time = ${after(10)}`
  assert.deepEqual(row, { status: 'succeeded', attempt: 2, error: null })
  await Promise.all([dead.leave(), other.leave()])
})

test('others hear of changes by hand, and of what is asked for', async (t) => {
  const database = await openTestDatabase(t)
  const heard: string[] = []
  let wake = (): void => {}
  const [one, other] = [createJobStore(database), createJobStore(database)]
  await one.load([job('a')], NOW)
  await one.join(silent, () => NOW)
  await other.join(
    {
      changed: (name) => {
        heard.push(name)
        wake()
      },
      unheard: () => void heard.push('unheard'),
      look: () => {
        heard.push('look')
        wake()
      },
    },
    () => NOW,
  )
  heard.length = 0
  const next = (): Promise<void> => new Promise((resolve) => void (wake = resolve))
  for (const type of ['pause', 'run'] as const) {
    const told = next()
    await one.change('a', { type }, NOW)
    await told
  }
  assert.deepEqual(heard, ['a', 'look'])
  await Promise.all([one.leave(), other.leave()])
})

test('runs that ended long ago are forgotten, others are not', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  await store.join(silent, () => NOW)
  await store.load([job('a')], NOW)
  await store.claim([claim('a', 10, 20, 30)])
  await store.record('a', {}, run('a', 10))
  await store.record('a', {}, run('a', 20, { finishedAt: new Date(LATER.getTime() + 1) }))
  await store.prune(new Date(LATER.getTime() + 1))
  const rows = await database.sql<{ at: Date }[]>`
    select fire_time as at from ${database.sql(database.ownSchema)}.job_run order by 1`
  assert.deepEqual(times(rows.map(({ at }) => at)), [20, 30])
  await store.leave()
})

test('however many runs ended long ago, all are forgotten', async (t) => {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  const store = createJobStore(database)
  await database.sql`
    insert into ${own}.job_run (job, fire_time, status, finished_at)
    select 'a', ${NOW.toISOString()}::text::timestamptz + n * interval '1 ms', 'succeeded', ${NOW.toISOString()}::text::timestamptz
    from generate_series(1, 25000) n`
  await store.prune(LATER)
  assert.equal((await database.sql`select from ${own}.job_run`).length, 0)
})

test('records that come together are one statement, and each is committed when it resolves', async (t) => {
  const database = await openTestDatabase(t)
  let statements = 0
  const counting = new Proxy(database.sql, {
    apply: (sql, self, args: unknown[]) => {
      // Fragments are calls of `sql`, too.
      if ([args[0]].flat().join('').includes('write_runs')) statements++
      return Reflect.apply(sql as never, self, args) as unknown
    },
  })
  const store = createJobStore({
    ownSchema: database.ownSchema,
    sql: counting,
    transaction: (work) => database.transaction(work),
  } as Database)
  const names = Array.from({ length: 200 }, (_, at) => `job ${at}`)
  await store.load(
    names.map((name) => job(name)),
    NOW,
  )
  await Promise.all(
    names.map(async (name) => {
      await store.record(name, { fired: 1 })
      await store.record(name, { fired: 1 })
    }),
  )
  assert.ok(statements > 0 && statements <= 4, `${statements} statements`)
  const [row] = await database.sql<{ fired: bigint }[]>`
    select sum(fired)::bigint as fired from ${database.sql(database.ownSchema)}.job`
  assert.equal(row?.fired, 400n)
})

test('what could not be written is written with the next record, and odd errors fit', async (t) => {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  const store = createJobStore(database)
  await store.load([job('a'), job('b')], NOW)
  await database.sql`alter table ${own}.job rename to elsewhere`
  await assert.rejects(
    store.record('a', { fired: 5, lastError: 'half a pair: \uD800, a NUL: \0.' }),
    /does not exist/,
  )
  await store.settled()
  await database.sql`alter table ${own}.elsewhere rename to job`
  await store.record('b', { fired: 1 })
  await store.record('a', { fired: 1 })
  const [a] = await store.read(['a'])
  assert.deepEqual([a?.fired, a?.lastError], [6, 'half a pair: \uFFFD, a NUL: .'])
  await store.leave()
})

/** The database, of which the answers that `lost` says to statements with these words never come. */
function withoutAnswers(database: Database, lost: () => boolean, words = 'write_runs'): Database {
  const sql = new Proxy(database.sql, {
    apply(target, self, args: unknown[]) {
      const query = Reflect.apply(target as never, self, args) as Promise<unknown>
      if (![args[0]].flat().join('').includes(words)) return query
      return query.then((answer) => {
        if (lost()) throw new Error('the answer was lost')
        return answer
      })
    },
  })
  return new Proxy(database, {
    get(target, key) {
      const value: unknown = key === 'sql' ? sql : Reflect.get(target, key)
      return typeof value === 'function' && key !== 'sql' ? value.bind(target) : value
    },
  })
}

test('what was written, and whose answer was lost, counts once, also where more comes meanwhile', async (t) => {
  const database = await openTestDatabase(t)
  let losing = 3
  const store = createJobStore(withoutAnswers(database, () => losing-- > 0))
  await store.join(silent, () => NOW)
  await store.load([job('a')], NOW)
  await store.claim([claim('a', 10)])
  const failed = run('a', 10, { status: 'failed', error: 'boom' })
  await assert.rejects(store.record('a', { failed: 1, lastError: 'boom' }, failed), /was lost/)
  await assert.rejects(store.record('a', { skipped: 1 }), /was lost/)
  await assert.rejects(store.record('a', { skipped: 1 }), /was lost/)
  await store.record('a', { missed: 1 })
  const [a] = await store.read()
  assert.deepEqual([a?.fired, a?.failed, a?.skipped, a?.missed, a?.lastError], [1, 1, 2, 1, 'boom'])
  // As it was at a stop.
  losing = 1
  await assert.rejects(store.record('a', { missed: 1 }), /was lost/)
  await store.leave()
  const [left] = await store.read()
  assert.equal(left?.missed, 2)
})

test('a firing that was given back is not given back again, where the answer was lost', async (t) => {
  const database = await openTestDatabase(t)
  let losing = 1
  const store = createJobStore(withoutAnswers(database, () => losing-- > 0))
  await store.join(silent, () => NOW)
  await store.load([job('a')], NOW)
  await store.claim([claim('a', 10)])
  await assert.rejects(store.record('a', {}, released(10)), /was lost/)
  const taken = await store.takeOver(() => true)
  assert.equal(taken.length, 1)
  await store.settled()
  assert.deepEqual(await store.takeOver(() => true), [])
  await store.leave()
})

test('what was taken over, and whose answer was lost, is taken with the next look, and once', async (t) => {
  const database = await openTestDatabase(t)
  let losing = 0
  const store = createJobStore(withoutAnswers(database, () => losing-- > 0, 'skip locked'))
  await store.join(silent, () => NOW)
  await store.load([job('a'), job('b')], NOW)
  await store.change('a', { type: 'run' }, NOW)
  await store.change('b', { type: 'run' }, NOW)
  // What this process has already is not left behind.
  await store.claim([claim('a', 10)])
  const taken = await store.takeOver((name) => name === 'b')
  assert.deepEqual(
    taken.map((found) => found.job),
    ['b'],
  )
  losing = 2
  const looks = [1, 2, 3, 4].map(async () => (await store.takeOver(() => true)).map((found) => found.job))
  const told = await Promise.allSettled(looks)
  assert.deepEqual(
    told.map((look) => (look.status === 'fulfilled' ? look.value : String(look.reason))),
    ['Error: the answer was lost', 'Error: the answer was lost', ['a'], []],
  )
  await store.leave()
})

test('since when jobs are fired: the first of the processes that live counts', async (t) => {
  const database = await openTestDatabase(t)
  const [one, other, third] = [1, 2, 3].map(() => createJobStore(database))
  assert.ok(one && other && third)
  assert.deepEqual(await one.join(silent, () => NOW), NOW)
  assert.deepEqual(await other.join(silent, () => LATER), NOW)
  await one.leave()
  assert.deepEqual(await third.join(silent, () => new Date(LATER.getTime() + 1)), LATER)
  await other.leave()
  await third.leave()
  assert.deepEqual(await one.join(silent, () => LATER), LATER)
  await one.leave()
})

test('processes that join together know which of them was the first', async (t) => {
  const database = await openTestDatabase(t)
  for (let round = 0; round < 5; round++) {
    const stores = [1, 2, 3, 4].map(() => createJobStore(database))
    let at = 0
    const since = await Promise.all(stores.map((store) => store.join(silent, () => new Date(++at))))
    assert.deepEqual(
      since.map((time) => time.getTime()),
      [1, 1, 1, 1],
    )
    await Promise.all(stores.map((store) => store.leave()))
  }
})

test('who leaves tries again what could not be written: it is not run once more elsewhere', async (t) => {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  const store = createJobStore(database)
  await store.join(silent, () => NOW)
  await store.load([job('a')], NOW)
  await store.claim([claim('a', 10)])
  await database.sql`alter table ${own}.job_run rename to elsewhere`
  await assert.rejects(store.record('a', {}, run('a', 10)), /does not exist/)
  await database.sql`alter table ${own}.elsewhere rename to job_run`
  await store.leave()
  const rows = await database.sql`select status from ${own}.job_run`
  assert.deepEqual(
    rows.map(({ status }) => status as string),
    ['succeeded'],
  )
})

test('a rewind forgets what ended in a time to come, but not what another clock may have just run', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  await store.join(silent, () => NOW)
  await store.load([job('a')], NOW)
  await store.claim([claim('a', 100, 5_000, 60_000, 90_000)])
  for (const ms of [100, 5_000, 60_000]) await store.record('a', {}, run('a', ms))
  await store.rewind(after(200))
  const [again] = await store.claim([claim('a', 5_000, 60_000, 90_000)])
  assert.deepEqual(times(again?.fireTimes ?? []), [60_000])
  await store.leave()
})

// The drain of the scheduler leaves, and so does the end of the root, which closes the database next.
test('whoever leaves second waits until the first has given back what ran', async (t) => {
  const database = await openTestDatabase(t)
  const store = createJobStore(database)
  await store.join(silent, () => NOW)
  await store.load([job('cut off')], NOW)
  await store.claim([claim('cut off', 10)])
  void store.leave()
  await store.leave()
  const rows = await database.sql`select owner, status from ${database.sql(database.ownSchema)}.job_run`
  assert.deepEqual(
    rows.map(({ owner, status }) => [owner, status]),
    [[null, 'running']],
  )
})
