import assert from 'node:assert/strict'
import type { BaseContext } from '../../src/hooks/context.ts'
import { latch } from './latch.ts'
import { catches, LATE, NEVER_ENDS, ROLLED_BACK, UNDONE, type Cell } from './matrix-cells.ts'

export class UserError extends Error {}

/** What the hooks of the cells do, and what fires them: the same out of code and out of YAML. */
export class MatrixCallbacks {
  readonly #released = latch()
  /** Nothing waits or fails: the next start, of what a stop left. */
  readonly #calm: boolean
  readonly #inside = new Set<Cell>()
  readonly #waiting = new Set<() => void>()

  constructor(options: { readonly calm: boolean }) {
    this.#calm = options.calm
  }

  /** Of the cell's hook. */
  async run(cell: Cell, { sql }: BaseContext): Promise<void> {
    await sql`insert into written (cell, place, what) values (${cell.slug}, 2, 'hook')`
    if (this.#calm) return
    this.#enter(cell)
    if (cell.end === 'a stop arrives, and it ends in time') await this.#released.opened
    if (cell.end === NEVER_ENDS) await new Promise(() => {})
    if (cell.end === 'throws no Error') throw 'text' // oxlint-disable-line no-throw-literal
    if (cell.end.startsWith('throws')) throw new UserError('mine')
  }

  /** Of the handler or hook that fires it. */
  async fireFrom(cell: Cell, ctx: BaseContext): Promise<void> {
    const { sql } = ctx
    await sql`insert into written (cell, place, what) values (${cell.slug}, 1, 'before')`
    if (cell.end === LATE) {
      this.#enter(cell)
      await this.#released.opened
    }
    const fire = async (): Promise<void> => {
      await (cell.wait ? ctx.fireHook(cell.slug) : ctx.fireHook(cell.slug, {}, { wait: false }))
      if (cell.end === UNDONE || cell.end === ROLLED_BACK) throw new UserError('mine')
    }
    if (cell.end === UNDONE) await assert.rejects(sql.begin(fire), UserError)
    else if (catches(cell)) await fire().catch(() => {})
    else await fire()
    await sql`insert into written (cell, place, what) values (${cell.slug}, 3, 'after')`
  }

  /** Lets those go on that wait for a stop. */
  release(): void {
    this.#released.open()
  }

  /** Resolves when all of these wait for a stop. */
  inside(cells: readonly Cell[]): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (cells.every((cell) => this.#inside.has(cell))) resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  #enter(cell: Cell): void {
    this.#inside.add(cell)
    for (const look of this.#waiting) look()
  }
}
