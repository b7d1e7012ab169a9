import { fromCallback, type AnyActorLogic } from 'xstate'

/** What a test holds of one running slot: it decides when and how the work ends. */
export interface SlotCall {
  readonly input: unknown
  readonly drained: boolean
  /** The events that it was sent. */
  readonly received: readonly unknown[]
  settle(output?: unknown): void
  fail(error: unknown): void
}

/**
 * Slots that do nothing until the test says so: `slots.fill('advance')` goes into `provide`, `slots.last('advance')` is the
 * call that runs.
 */
export class Slots {
  readonly #calls = new Map<string, SlotCall[]>()

  // A slot's type is the machine's; the double stands in for any of them.
  fill(name: string): never {
    return scripted((call) => {
      this.#calls.set(name, [...this.calls(name), call])
    }) as never
  }

  calls(name: string): readonly SlotCall[] {
    return this.#calls.get(name) ?? []
  }

  last(name: string): SlotCall {
    const call = this.calls(name).at(-1)
    if (call === undefined) throw new Error(`slot "${name}" was never invoked`)
    return call
  }
}

function scripted(onStart: (call: SlotCall) => void): AnyActorLogic {
  const base = fromCallback(() => {})
  return {
    ...base,
    transition: (
      snapshot: { drained: boolean; received: readonly unknown[] },
      event: { type: string; output?: unknown; error?: unknown },
    ) => {
      switch (event.type) {
        case 'settle':
          return { ...snapshot, status: 'done', output: event.output }
        case 'fail':
          return { ...snapshot, status: 'error', error: event.error }
        case 'xstate.stop':
          return { ...snapshot, status: 'stopped' }
        default:
          return {
            ...snapshot,
            drained: snapshot.drained || ['DRAIN', 'STOP'].includes(event.type),
            received: [...snapshot.received, event],
          }
      }
    },
    getInitialSnapshot: (_scope: unknown, input: unknown) => ({
      status: 'active',
      input,
      drained: false,
      received: [],
    }),
    start: (
      { input }: { input: unknown },
      {
        self,
      }: {
        self: { send(event: object): void; getSnapshot(): { drained: boolean; received: readonly unknown[] } }
      },
    ) =>
      onStart({
        input,
        get drained() {
          return self.getSnapshot().drained
        },
        get received() {
          return self.getSnapshot().received
        },
        settle: (output) => self.send({ type: 'settle', output }),
        fail: (error) => self.send({ type: 'fail', error }),
      }),
  } as unknown as AnyActorLogic
}
