import type { PawlEvent } from '../events.ts'

type Failure = Extract<PawlEvent, { readonly type: 'index.failed' }>

/** Which indexes have stopped by an error, and have not gone on since. */
export class FailedIndexes {
  readonly #failures = new Map<string, Failure>()

  get names(): readonly string[] {
    return [...this.#failures.keys()]
  }

  failure(index: string): Failure | undefined {
    return this.#failures.get(index)
  }

  hear(event: PawlEvent): void {
    switch (event.type) {
      case 'index.failed':
        this.#failures.set(event.index, event)
        return
      case 'index.progress':
      case 'index.rolledBack':
      case 'index.removed':
        this.#failures.delete(event.index)
        return
      case 'lifecycle':
        if (event.state === 'restart' || event.state === 'reindex') this.#failures.clear()
        return
      default:
        return
    }
  }
}
