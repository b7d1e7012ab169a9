import type { ActorRefFrom } from 'xstate'
import { StoppingError } from './errors.ts'
import type { PawlLogic } from './pawl.ts'

interface AwaitedFiring {
  readonly id: string
  readonly hook: string
  /** What is waited for. */
  readonly until: 'hook.finished' | 'hook.queued'
}

interface Waiting extends AwaitedFiring {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

type Root = ActorRefFrom<PawlLogic>

/** The firings of one root that code outside of it waits for. One listener hears of all of them, however many there are. */
export class AwaitedFirings {
  static readonly #known = new WeakMap<Root, AwaitedFirings>()
  readonly #root: Root
  readonly #waiting = new Map<string, Waiting>()
  /** Listened for only while a firing is waited for: else a root that nobody observes would fail in silence. */
  #end: { unsubscribe(): void } | undefined

  private constructor(root: Root) {
    this.#root = root
    root.on('hook.finished', ({ firing, type }) => this.#settle(firing, type))
    root.on('hook.queued', ({ firing, type }) => this.#settle(firing, type))
    root.on('hook.failed', ({ firing, error }) => this.#take(firing)?.reject(error))
  }

  static of(root: Root): AwaitedFirings {
    const known = this.#known.get(root) ?? new AwaitedFirings(root)
    this.#known.set(root, known)
    return known
  }

  /** @throws what the firing fails with; StoppingError when the root ends before it */
  wait(firing: AwaitedFiring): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(firing.id, { ...firing, resolve, reject })
      const end = (): void => this.#endAll()
      this.#end ??= this.#root.subscribe({ complete: end, error: end })
    })
  }

  #settle(id: string, event: AwaitedFiring['until']): void {
    if (this.#waiting.get(id)?.until === event) this.#take(id)?.resolve()
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) {
      this.#end?.unsubscribe()
      this.#end = undefined
    }
    return waiting
  }

  #endAll(): void {
    for (const { id, hook, reject } of this.#waiting.values()) {
      this.#take(id)
      reject(new StoppingError(`hook "${hook}" did not end: the root ended before it`))
    }
  }
}
