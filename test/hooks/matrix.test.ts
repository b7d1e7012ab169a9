import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { MatrixBoard } from './matrix-board.ts'
import { CELLS, FORMS, holdsLevels, NEVER_ENDS, stops, type Cell } from './matrix-cells.ts'
import { expectedOutcome, goesOnLater } from './matrix-outcome.ts'

/** ms. A cell that has not ended by then hangs. */
const PATIENCE = 100_000

const LIMIT = { timeout: 3 * PATIENCE }

/** Rejects where it hangs. */
async function inTime(what: string, work: Promise<unknown>): Promise<void> {
  const late = AbortSignal.timeout(PATIENCE)
  await Promise.race([
    work,
    new Promise((_, reject) =>
      late.addEventListener('abort', () => reject(new Error(`it hangs: ${what}`)), { once: true }),
    ),
  ])
}

async function judge(t: TestContext, board: MatrixBoard, cells: readonly Cell[]): Promise<void> {
  for (const cell of cells)
    await t.test(cell.name, async () => assert.deepEqual(await board.outcomeOf(cell), expectedOutcome(cell)))
}

for (const form of FORMS) {
  test(`firings side by side in one root: ${form}`, LIMIT, async (t) => {
    const cells = CELLS.filter((cell) => cell.form === form && !stops(cell))
    const board = await MatrixBoard.deal(t, cells)
    for (const cell of cells) board.fire(cell)
    const runs = (cell: Cell): number => expectedOutcome(cell).told.length
    const ended = await Promise.allSettled(
      cells.map((cell) => inTime(cell.name, board.ended(cell, runs(cell)))),
    )
    assert.equal(await board.running.stop(), 'done')
    for (const { reason } of ended.filter((end) => end.status === 'rejected')) assert.fail(reason as Error)
    await judge(t, board, cells)
  })
}

/** Those that can wait for a stop together: one that keeps levels from running would keep the others from it. */
function tables(): readonly (readonly Cell[])[] {
  const groups = new Map<string, Cell[]>()
  for (const cell of CELLS.filter(stops)) {
    const { form, end, slug } = cell
    const key = holdsLevels(cell) ? slug : [form, end === NEVER_ENDS, goesOnLater(cell)].join()
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  return [...groups.values()]
}

describe('firings that a stop finds running', { concurrency: 4 }, () => {
  for (const cells of tables()) {
    test(
      cells.length === 1 ? `${cells[0]?.name}` : `${cells.length} beside ${cells[0]?.name}`,
      LIMIT,
      async (t) => {
        const board = await MatrixBoard.deal(t, cells)
        const { running, callbacks } = board
        for (const cell of cells) board.fire(cell)
        await inTime('what waits for the stop', board.inside(cells))
        running.root.send({ type: 'STOP' })
        await running.state('stopping')
        callbacks.release()
        assert.equal(await running.ended, 'done')
        const later = cells.filter(goesOnLater)
        if (later.length > 0) await inTime('the next start', board.goOn(later))
        await judge(t, board, cells)
      },
    )
  }
})
