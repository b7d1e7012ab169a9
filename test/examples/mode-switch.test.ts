import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transfersIn } from './balances-of.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

const LIVE = /"hook.finished".*"on_synchronized"/

test('live mode begins at the head, survives a restart, and ends with a wipe', LIMIT, async (t) => {
  const example = await openExample(t, 'mode-switch')
  const { sql, chain } = example
  const told: number[] = []
  let ended = (): void => {}
  await sql.listen('transfer', (text) => {
    const { level } = JSON.parse(text) as { readonly level?: number }
    if (level === undefined) ended()
    else told.push(level)
  })
  const toldSoFar = async (): Promise<readonly number[]> => {
    const end = new Promise<void>((resolve) => (ended = resolve))
    await sql.notify('transfer', '{}')
    await end
    return told
  }
  const live = async () => {
    const [row] = await sql`
      select (select count(*) from pg_indexes where tablename = 'transfer')
        + (select count(*) from pg_trigger where tgname = 'tell_transfer') as parts`
    return Number(row?.['parts']) === 4
  }

  // At some moment of the switch.
  const killed = example.start()
  await killed.prints(/"lifecycle".*"state":"synchronized"/)
  await kill(killed)
  const first = example.start()
  await first.prints(LIVE)
  await kill(first)
  assert.equal(await live(), true)
  assert.deepEqual(await toldSoFar(), [])

  const before = chain.head.level
  example.extend(4)
  const second = example.start()
  await example.atHead(second)
  await second.prints(/"hook.finished".*"report"/)
  await stop(second)
  const levels = chain
    .canonical()
    .filter(({ level }) => level > before)
    .flatMap(({ level, events }) => events.map(() => level))
  assert.ok(levels.length > 0)
  assert.deepEqual(await toldSoFar(), levels)

  assert.equal((await example.pawl('schema', 'wipe', '--force')).code, 0)
  assert.equal(await live(), false)
  const third = example.start()
  await third.prints(LIVE)
  await stop(third)
  assert.equal(await live(), true)
  assert.deepEqual(await toldSoFar(), levels)
  assert.equal(transfersIn(chain).length > levels.length, true)
})
