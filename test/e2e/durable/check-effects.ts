import assert from 'node:assert/strict'
import type postgres from 'postgres'
import { CONFIRMATIONS, type RecordedChain } from './record-chain.ts'

/** What the hooks did is what the chain says: nothing lost, nothing twice, nothing of blocks that are gone. */
export async function checkEffects(sql: postgres.Sql, { canonical }: RecordedChain): Promise<void> {
  const effects = await sql<{ hook: string; hash: string; count: number }[]>`
    select hook, hash, count(*)::int from effect group by hook, hash`
  const of = (hook: string) => effects.filter((effect) => effect.hook === hook)
  const hashes = (hook: string) =>
    of(hook)
      .map(({ hash }) => hash)
      .toSorted()
  const all = canonical.map(({ hash }) => hash)
  const deep = all.slice(0, all.length - CONFIRMATIONS)

  assert.deepEqual(hashes('atomic'), all.toSorted(), 'atomic: the blocks that stayed')
  assert.deepEqual(hashes('confirmed'), deep.toSorted(), 'confirmed: the blocks that are deep enough')
  assert.deepEqual(hashes('loose'), deep.toSorted(), 'loose: the blocks that are deep enough')
  await checkOrder(sql, deep)
  for (const hook of ['atomic', 'confirmed']) {
    assert.deepEqual(
      of(hook).filter(({ count }) => count !== 1),
      [],
      `${hook}: each once`,
    )
  }
  // Run twice is one firing with one id: what is outside the database can know it again.
  const [ids] =
    await sql`select count(distinct firing)::int, count(distinct hash)::int as blocks from effect where hook = 'loose'`
  assert.equal(ids?.['count'], ids?.['blocks'], 'loose: one idempotency key a block')
  const [dead] = await sql`select count(*)::int from pawl.firing where state in ('dead', 'running')`
  assert.equal(dead?.['count'], 0)
}

/** Of the hook that is neither atomic nor runs several at a time: in order, and after a kill its last two again at most, in theirs. */
async function checkOrder(sql: postgres.Sql, deep: readonly string[]): Promise<void> {
  const runs = await sql<{ hash: string }[]>`select hash from effect where hook = 'ordered' order by id`
  let last = -1
  let most = -1
  for (const { hash } of runs) {
    const at = deep.indexOf(hash)
    const mayBe = at === last + 1 || (at > most - 2 && at <= most)
    assert.ok(mayBe, `ordered: block ${at} ran after block ${last}, of the ${most + 1} that had run`)
    last = at
    most = Math.max(most, at)
  }
  assert.equal(most, deep.length - 1, 'ordered: the blocks that are deep enough')
}
