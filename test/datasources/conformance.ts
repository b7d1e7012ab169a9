import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { BlockRef, Datasource } from '../../src/datasources/datasource.ts'

/** A datasource under test, with a chain behind it that the suite can move. */
export interface ConformanceTarget {
  readonly datasource: Datasource
  /** What must never be seen: passwords and keys that the datasource was given. */
  readonly secrets: readonly string[]
  /** Lets the chain get a new head on the present one; undefined: cannot be told to. */
  readonly extend?: () => Promise<void>
  /** Lets the chain drop its last `depth` blocks for `length` others; undefined: cannot be told to. */
  readonly reorg?: (depth: number, length: number) => Promise<void>
}

/** What every datasource promises; `open` makes one of at least 80 blocks whose last head is already told. */
export function conformance(
  name: string,
  options: { readonly skip: string | false },
  open: (t: TestContext) => Promise<ConformanceTarget>,
): void {
  const index = 'conformance'
  const call = () => ({ index, signal: new AbortController().signal })
  const headOf = ({ datasource }: ConformanceTarget) => datasource.head({ ...call(), cursor: undefined })
  const check = (what: string, run: (target: ConformanceTarget, t: TestContext) => Promise<void>): void => {
    void test(`${name}: ${what}`, options, async (t) => run(await open(t), t))
  }

  check('the description names it and holds no secret', async ({ datasource, secrets }) => {
    assert.notEqual(datasource.description, '')
    for (const secret of secrets) assert.ok(!datasource.description.includes(secret), 'holds a secret')
    for (const secret of secrets) assert.ok(!JSON.stringify(datasource).includes(secret), 'shows a secret')
  })

  check('the chain stays the same', async ({ datasource }) => {
    if (datasource.chain === undefined) return
    const chain = await datasource.chain(call())
    assert.notEqual(chain, '')
    assert.equal(await datasource.chain(call()), chain)
  })

  check('blocks are linked up to the head, every level above finality', async (target) => {
    const head = await headOf(target)
    const finalized = await finalityOf(target, head)
    assert.ok(finalized <= head.level)
    const blocks = await target.datasource.blocks(finalized + 1, head.level, { ...call(), finalized })
    assertRefs(blocks)
    assert.deepEqual(
      blocks.map(({ level }) => level),
      Array.from({ length: head.level - finalized }, (_, offset) => finalized + 1 + offset),
    )
    assertLinked(blocks)
    assert.equal(blocks.at(-1)?.hash, head.hash)
  })

  check('blocks at or below finality are in order, in range, and never twice', async (target) => {
    const head = await headOf(target)
    const finalized = await finalityOf(target, head)
    const from = Math.max(0, finalized - 15)
    const blocks = await target.datasource.blocks(from, finalized, { ...call(), finalized })
    assertRefs(blocks)
    for (const [at, { level }] of blocks.entries()) {
      assert.ok(level >= from && level <= finalized)
      assert.ok(at === 0 || level > (blocks[at - 1]?.level ?? Infinity))
    }
  })

  check('parts of a range are the range', async (target) => {
    const head = await headOf(target)
    const finalized = await finalityOf(target, head)
    const from = Math.max(0, finalized - 10)
    const read = (first: number, last: number) =>
      target.datasource.blocks(first, last, { ...call(), finalized })
    const whole = await read(from, finalized + 6)
    const parts = [...(await read(from, finalized + 2)), ...(await read(finalized + 3, finalized + 6))]
    assert.deepEqual(parts, whole)
  })

  check('a range ends where the chain ends', async (target) => {
    const head = await headOf(target)
    const finalized = await finalityOf(target, head)
    const read = (from: number, to: number) => target.datasource.blocks(from, to, { ...call(), finalized })
    assert.deepEqual(
      (await read(head.level - 1, head.level + 5)).map(({ level }) => level),
      [head.level - 1, head.level],
    )
    assert.deepEqual(await read(head.level + 1, head.level + 5), [])
  })

  check('refs are of the same blocks, final or not, none left out', async (target) => {
    const { datasource } = target
    const head = await headOf(target)
    const from = Math.max(0, (await finalityOf(target, head)) - 10)
    const refs = await datasource.refs?.(from, head.level + 5, call())
    if (refs === undefined) return
    const blocks = await datasource.blocks(from, head.level + 5, { ...call(), finalized: from - 1 })
    assert.deepEqual(
      refs,
      blocks.map(({ level, hash, parentHash, timestamp }) => ({ level, hash, parentHash, timestamp })),
    )
    assert.deepEqual(await datasource.refs?.(head.level + 1, head.level + 5, call()), [])
  })

  check('an aborted call rejects with the reason', async (target) => {
    const { datasource } = target
    const head = await headOf(target)
    const reason = new Error('nobody waits')
    const aborted = { index, signal: AbortSignal.abort(reason) }
    const isReason = (error: unknown) => error === reason
    await assert.rejects(datasource.head({ ...aborted, cursor: undefined }), isReason)
    await assert.rejects(datasource.blocks(head.level, head.level, { ...aborted, finalized: 0 }), isReason)
    if (datasource.refs) await assert.rejects(datasource.refs(head.level, head.level, aborted), isReason)
    if (datasource.chain) await assert.rejects(datasource.chain(aborted), isReason)
    if (datasource.finalized) await assert.rejects(datasource.finalized(aborted), isReason)
    if (datasource.changed) await assert.rejects(datasource.changed({ ...aborted, cursor: head }), isReason)
  })

  check('a call that is aborted under way rejects with the reason', async (target) => {
    const { datasource } = target
    const head = await headOf(target)
    const reason = new Error('nobody waits any more')
    const isReason = (error: unknown) => error === reason
    const controller = new AbortController()
    const waiting = datasource.changed?.({ index, signal: controller.signal, cursor: head })
    controller.abort(reason)
    if (waiting) await assert.rejects(waiting, isReason)
  })

  check('a new head is noticed, and told on the one before', async (target, t) => {
    if (target.extend === undefined) return t.skip('its chain cannot be told to grow')
    const head = await headOf(target)
    const noticed = target.datasource.changed?.({ ...call(), cursor: head })
    await target.extend()
    await noticed
    const next = await headOf(target)
    assert.equal(next.level, head.level + 1)
    assert.equal(next.parentHash, head.hash)
  })

  check('a new head that came before anybody waited is noticed, too', async (target, t) => {
    if (target.extend === undefined) return t.skip('its chain cannot be told to grow')
    const head = await headOf(target)
    await target.extend()
    await target.datasource.changed?.({ ...call(), cursor: head })
    assert.equal((await headOf(target)).level, head.level + 1)
  })

  for (const [depth, length] of [
    [3, 3],
    [3, 5],
    [4, 1],
  ] as const) {
    check(`a reorg of ${depth} blocks for ${length} is told, on the common ancestor`, async (target, t) => {
      if (target.reorg === undefined) return t.skip('its chain cannot be told to reorganise')
      const head = await headOf(target)
      const finalized = await finalityOf(target, head)
      const read = (from: number, to: number) => target.datasource.blocks(from, to, { ...call(), finalized })
      const before = await read(head.level - depth, head.level)
      const noticed = target.datasource.changed?.({ ...call(), cursor: head })
      await target.reorg(depth, length)
      await noticed
      const newHead = await headOf(target)
      assert.equal(newHead.level, head.level - depth + length)
      const after = await read(head.level - depth, newHead.level)
      assertLinked(after)
      assert.equal(after[0]?.hash, before[0]?.hash)
      assert.notEqual(after[1]?.hash, before[1]?.hash)
      assert.equal(after.at(-1)?.hash, newHead.hash)
    })
  }

  async function finalityOf({ datasource }: ConformanceTarget, head: BlockRef): Promise<number> {
    return (await datasource.finalized?.(call())) ?? head.level - 64
  }
}

function assertRefs(blocks: readonly BlockRef[]): void {
  for (const { level, hash, parentHash, timestamp } of blocks) {
    assert.ok(Number.isSafeInteger(level) && level >= 0)
    assert.ok(hash.length > 0 && parentHash.length > 0 && hash !== parentHash)
    assert.ok(Number.isSafeInteger(timestamp) && timestamp < 1e11, 'seconds, not ms')
  }
}

export function assertLinked(blocks: readonly BlockRef[]): void {
  for (const [at, block] of blocks.entries()) {
    const parent = blocks[at - 1]
    if (parent === undefined) continue
    assert.equal(block.level, parent.level + 1)
    assert.equal(block.parentHash, parent.hash)
  }
}
