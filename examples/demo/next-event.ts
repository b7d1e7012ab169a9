import type { PawlEvent } from 'pawl'

type EventOf<Type extends PawlEvent['type']> = Extract<PawlEvent, { readonly type: Type }>

/** A root, as far as its events go. */
export interface EventSource {
  on(type: '*', handler: (event: PawlEvent) => void): { unsubscribe(): void }
}

/** Resolves to the next event that fits; rejects with the signal's reason when nobody should wait any more. */
export function nextEvent<Type extends PawlEvent['type']>(
  root: EventSource,
  type: Type,
  fits: (event: EventOf<Type>) => boolean,
  signal: AbortSignal,
): Promise<EventOf<Type>> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      signal.removeEventListener('abort', giveUp)
      subscription.unsubscribe()
    }
    const giveUp = () => {
      stop()
      reject(signal.reason as Error)
    }
    const subscription = root.on('*', (event) => {
      if (!isOf(event, type) || !fits(event)) return
      stop()
      resolve(event)
    })
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp)
  })
}

const isOf = <Type extends PawlEvent['type']>(event: PawlEvent, type: Type): event is EventOf<Type> =>
  event.type === type
