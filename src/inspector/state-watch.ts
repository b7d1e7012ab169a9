import { whyNotReady } from './health.ts'
import type { Inspected } from './inspected.ts'
import type { SnapshotMessage } from './protocol.ts'

type State = Pick<SnapshotMessage, 'state' | 'problems'>

/** Where the lifecycle stands, and why what is stored should not be served. */
export class StateWatch {
  readonly #inspected: Pick<Inspected, 'state' | 'indexes'>
  #told: State = { state: '', problems: [] }

  constructor(inspected: Pick<Inspected, 'state' | 'indexes'>) {
    this.#inspected = inspected
  }

  get all(): State {
    const state = this.#inspected.state()
    // Which indexes have stopped is told with each index, and why.
    return { state, problems: whyNotReady({ state, indexes: this.#inspected.indexes(), failed: [] }) }
  }

  /** What holds now is not told as new. */
  start(): void {
    this.#told = this.all
  }

  /** What has changed since it was called before. */
  take(): Partial<State> {
    const [before, now] = [this.#told, this.all]
    this.#told = now
    return {
      ...(now.state === before.state ? {} : { state: now.state }),
      ...(now.problems.join('\n') === before.problems.join('\n') ? {} : { problems: now.problems }),
    }
  }
}
