import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/database/open-database.ts'
import { DatabaseUnavailableError, SessionLostError } from '../../src/errors.ts'
import { silentLogger } from '../../src/logger.ts'
import { simulateChain } from '../../src/testing/index.ts'
import { relayTo } from '../support/relay.ts'
import { openIndexing, ref } from './indexing-fixture.ts'

test('a connection that is lost after any answer, of a level or of a revert, leaves whole levels only', async (t) => {
  const { database, process, rows } = await openIndexing(t)
  const relay = await relayTo(t, database.connectionUrl())
  let cut = 0
  for (let answers = 1, lost = true; lost; answers += 1) {
    const name = `cut_${answers}`
    const chain = simulateChain({ seed: 3, length: 3 })
    relay.cutAfter(Infinity)
    const by = await openDatabase({ url: relay.url, directory: '', schema: 'public', logger: silentLogger })
    t.after(() => by.close())
    const options = { name, handler: () => {} }
    const onward = process(chain.datasource(), { ...options, by })
    await onward.follower.prepare(new AbortController().signal)
    // All are opened anew, and each is lost when it has had so many answers.
    relay.cut()
    await relay.restore()
    // What it had open is gone, and it knows.
    await by.sql`select 1`.catch(() => {})
    relay.cutAfter(answers)
    const reorg = async (): Promise<void> => {
      await onward.advance()
      chain.reorg(2, 3)
      await onward.follow()
    }
    lost = await reorg().then(
      () => false,
      (error: unknown) => {
        assert.ok(
          error instanceof SessionLostError || error instanceof DatabaseUnavailableError,
          String(error),
        )
        return true
      },
    )
    if (lost) cut += 1
    await by.close()

    // In one statement: what the server was told last may be committed only now.
    const [index] = await database.sql<[{ level: bigint | null; hash: string | null; written: string[] }]>`
      select level, hash, array(
        select level || ':' || hash from seen where index = name order by level) as written
      from pawl.index where name = ${name}`
    // The cursor is at what is committed, and all before it is there.
    assert.equal(index.written.length, index.level === null ? 0 : Number(index.level) + 1, name)
    if (index.hash !== null) assert.equal(index.written.at(-1), `${index.level}:${index.hash}`)

    const again = process(chain.datasource(), options)
    await again.follower.prepare(new AbortController().signal)
    await again.follow()
    assert.deepEqual(await rows(name), chain.canonical().map(ref), name)
  }
  assert.ok(cut > 20, `${cut} times`)
})
