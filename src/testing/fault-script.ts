import { forever } from '../datasources/abort.ts'

/** The calls of a datasource that can be made to go wrong. */
export type DatasourceMethod = 'chain' | 'head' | 'blocks' | 'finalized' | 'changed'

/** What goes wrong with a call. */
export type Fault =
  /** It throws this. */
  | { readonly type: 'fail'; readonly error: unknown }
  /** It settles only when its signal is aborted. */
  | { readonly type: 'hang' }
  /** The answer is changed on its way out. */
  | { readonly type: 'distort'; readonly distort: (answer: unknown) => unknown }
  /** Something happens just before the answer is made. */
  | { readonly type: 'act'; readonly act: () => void }

interface Scripted {
  readonly fault: Fault
  /** Undefined: any. */
  readonly method: DatasourceMethod | undefined
}

/** What will go wrong, in order; each entry is used up by the first call that it fits. */
export class FaultScript {
  readonly #script: Scripted[] = []

  add(fault: Fault, method: DatasourceMethod | undefined, times: number): void {
    for (let index = 0; index < times; index += 1) this.#script.push({ fault, method })
  }

  /** Drops what is still to come. */
  clear(): void {
    this.#script.length = 0
  }

  /** Makes one call, with what is scripted for it. An act does not use the call up: what comes after it counts, too. */
  async run<Answer>(
    method: DatasourceMethod,
    signal: AbortSignal,
    answer: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    signal.throwIfAborted()
    const fault = this.#take(method)
    switch (fault?.type) {
      case undefined:
        return answer()
      case 'fail':
        throw fault.error
      case 'hang':
        return forever(signal)
      case 'distort':
        return fault.distort(await answer()) as Answer
      case 'act':
        fault.act()
        return this.run(method, signal, answer)
    }
  }

  #take(method: DatasourceMethod): Fault | undefined {
    const at = this.#script.findIndex((entry) => entry.method === undefined || entry.method === method)
    return at === -1 ? undefined : this.#script.splice(at, 1)[0]?.fault
  }
}
