import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { CallbackError, fireHook, PawlError, UnknownJobError, type PawlEvent } from 'pawl'
import { describeValue } from '../../src/text/describe-value.ts'
import { MatrixCallbacks } from './matrix-callbacks.ts'
import { catches, type Cell } from './matrix-cells.ts'
import type { Ending, Failure, Outcome } from './matrix-outcome.ts'
import { projectOf, yamlProjectOf, type Project } from './matrix-project.ts'
import { startRoot, type RunningRoot } from './running-root.ts'

type FiringEvent = Extract<PawlEvent, { readonly firing: string }>

const ORIGIN = {
  handler: 'handler',
  'atomic hook': 'hook',
  'other hook': 'hook',
  job: 'job',
  outside: 'outside',
}

/** A root with some cells in it, and the one that goes on after it. */
export class MatrixBoard {
  readonly callbacks: MatrixCallbacks
  readonly running: RunningRoot
  /** Of who fired a hook from outside. */
  readonly #fired = new Map<Cell, Promise<Ending>>()
  readonly #next: () => Promise<RunningRoot>
  /** Of the roots before. */
  #events: readonly PawlEvent[] = []

  private constructor(callbacks: MatrixCallbacks, running: RunningRoot, next: () => Promise<RunningRoot>) {
    this.callbacks = callbacks
    this.running = running
    this.#next = next
  }

  /** Starts a root with these cells, all of one form. */
  static async deal(t: TestContext, cells: readonly Cell[]): Promise<MatrixBoard> {
    const load: (callbacks: MatrixCallbacks) => Project | Promise<Project> =
      cells[0]?.form === 'YAML' ? yamlProjectOf(t, cells) : (callbacks) => projectOf(cells, callbacks)
    const callbacks = new MatrixCallbacks({ calm: false })
    const running = await startRoot(t, await load(callbacks))
    // A job is known only when the scheduler has started.
    running.root.on('job.refused', ({ job, error }) => {
      if (error instanceof UnknownJobError) running.root.send({ type: 'RUN_JOB', job })
    })
    const next = async (): Promise<RunningRoot> =>
      startRoot(t, await load(new MatrixCallbacks({ calm: true })), running)
    return new MatrixBoard(callbacks, running, next)
  }

  /** Fires a cell that no handler fires. */
  fire(cell: Cell): void {
    const { root } = this.running
    const { slug, origin, wait } = cell
    if (origin === 'handler') return
    if (origin === 'job') {
      root.send({ type: 'RUN_JOB', job: slug })
      return
    }
    const options = origin === 'outside' && !wait ? [{}, { wait: false } as const] : []
    const fired = fireHook(root, origin === 'outside' ? slug : `above_${slug}`, ...(options as []))
    this.#fired.set(
      cell,
      fired.then(
        () => 'finished',
        (error: unknown) => (origin === 'outside' && catches(cell) ? 'finished' : failureOf(error)),
      ),
    )
  }

  /** Resolves when all of these wait for a stop. */
  async inside(cells: readonly Cell[]): Promise<void> {
    const { ended, root } = this.running
    const tooEarly = ended.then(() => Promise.reject(root.getSnapshot().error as Error))
    await Promise.race([this.callbacks.inside(cells), tooEarly])
    // The root ends later, when nobody races any more.
    tooEarly.catch(() => {})
  }

  /** Resolves when a cell that no stop ends has: its firing, and what fired it. */
  async ended(cell: Cell, runs: number): Promise<void> {
    const { event } = this.running
    const { slug, origin, wait } = cell
    const finished = event('hook.finished', ({ hook }) => hook === slug)
    const failed = event(wait ? 'hook.failed' : 'hook.dead', ({ hook }) => hook === slug)
    if (runs > 0) await Promise.any([finished, failed])
    await this.#fired.get(cell)
    if (origin !== 'handler') return
    const stopped = event('index.failed', ({ index }) => index === slug)
    const done = event('index.progress', ({ index, level }) => index === slug && level === 2)
    await Promise.any([stopped, done])
  }

  /** Starts the next root on the same database, and stops it when what is left of these has run. */
  async goOn(cells: readonly Cell[]): Promise<void> {
    const next = await this.#next()
    await Promise.all(cells.map(({ slug }) => next.event('hook.finished', ({ hook }) => hook === slug)))
    assert.equal(await next.stop(), 'done')
    this.#events = next.events
  }

  /** When all is over. */
  async outcomeOf(cell: Cell): Promise<Outcome> {
    const { slug, origin } = cell
    const { sql, events } = this.running
    const rows = await sql`select what from written where cell = ${slug} order by place`
    const left = await sql`select state from pawl.firing where hook = ${slug}`
    const [index] = await sql`select level from pawl.index where name = ${slug}`
    const told = [...events, ...this.#events].filter(
      (event): event is FiringEvent => 'firing' in event && event.hook === slug,
    )
    assert.ok(new Set(told.map(({ firing }) => firing)).size <= 1, 'one firing')
    for (const event of told) assert.equal(event.origin.type, ORIGIN[origin])
    const failures = told.flatMap((event) => (event.type === 'hook.failed' ? [event.error] : []))
    for (const error of failures.filter((failure) => failure instanceof CallbackError))
      assert.match(error.message, new RegExp(`^hook "${slug}"(, fired by .*,)? failed: (mine|text)`))
    return {
      rows: rows.map(({ what }) => what as string),
      told: told.map(({ type }) => type.replace('hook.', '')),
      failures: failures.map(failureOf),
      left: left.map(({ state }) => state as string),
      above: await this.#aboveOf(cell),
      level: index === undefined ? undefined : Number(index['level']),
    }
  }

  async #aboveOf(cell: Cell): Promise<Ending> {
    const { slug, origin } = cell
    const { sql, events } = this.running
    for (const event of events) {
      if (event.type === 'index.failed' && event.index === slug) return failureOf(event.error)
      if (event.type === 'job.failed' && event.job === slug) return failureOf(event.error)
    }
    const ended =
      origin === 'handler'
        ? await sql`select from pawl.index where name = ${slug} and level >= 1`
        : await sql`select from pawl.job_run where job = ${slug} and status = 'succeeded'`
    return this.#fired.get(cell) ?? (ended.length > 0 ? 'finished' : 'cut off')
  }
}

function failureOf(error: unknown): Failure {
  const chain: string[] = []
  for (let current = error; current !== undefined;) {
    chain.push(current instanceof Error ? current.constructor.name : describeValue(current))
    current = current instanceof Error ? current.cause : undefined
  }
  assert.ok(error instanceof PawlError)
  return { code: error.code, chain }
}
