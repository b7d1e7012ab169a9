import type { PawlEvent } from '../events.ts'

type EventOf<Type extends PawlEvent['type']> = Extract<PawlEvent, { readonly type: Type }>

/** A root, as far as its events and its end go. */
export interface EventSource {
  on(type: '*', handler: (event: PawlEvent) => void): { unsubscribe(): void }
  subscribe(observer: { error(error: unknown): void; complete(): void }): { unsubscribe(): void }
}

/**
 * Waits for what happens, and never for time: resolves to the next event of a root that fits. Ask before you do what leads to it.
 * Rejects when the root ends before, with its error as the cause.
 *
 * @example
 * const rolledBack = nextEvent(root, 'index.rolledBack')
 * chain.reorg(3)
 * await rolledBack
 */
export function nextEvent<Type extends PawlEvent['type']>(
  root: EventSource,
  type: Type,
  fits: (event: EventOf<Type>) => boolean = () => true,
): Promise<EventOf<Type>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      for (const subscription of subscriptions) subscription.unsubscribe()
    }
    const end = (cause?: unknown): void => {
      stop()
      reject(new Error(`the root ended before ${type}`, cause === undefined ? {} : { cause }))
    }
    const subscriptions = [
      root.on('*', (event: PawlEvent) => {
        if (event.type !== type || !fits(event as EventOf<Type>)) return
        stop()
        resolve(event as EventOf<Type>)
      }),
    ]
    // One that has ended says so at once.
    subscriptions.push(root.subscribe({ error: end, complete: () => end() }))
  })
}
