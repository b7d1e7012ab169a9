import { openStatelyStream } from './connection.ts'
import { h } from './dom.ts'
import { HOSTED, StatelyBridge } from './stately-bridge.ts'
import { toast } from './toast.ts'

/** ms. A window that was closed does not say so. */
const LOOK_EVERY = 1_000

/** Opens the hosted Stately Inspector in a window and feeds it, until that window is closed. */
export function statelyButton(): HTMLButtonElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'quiet stately',
      title:
        'Opens stately.ai in a window of its own. It is told names of actors, their states and the types of events, nothing else.',
      onclick: openStately,
    },
    'Stately',
  )
}

function openStately(): void {
  const target = open(HOSTED, '_blank')
  if (target === null) return toast('The browser has blocked the window of the Stately Inspector.', 'bad')
  const bridge = new StatelyBridge({ target, origin: new URL(HOSTED).origin, open: openStatelyStream })
  const hear = (event: MessageEvent): void => bridge.hear(event)
  addEventListener('message', hear)
  const looking = setInterval(() => {
    if (!target.closed) return
    clearInterval(looking)
    removeEventListener('message', hear)
    bridge.close()
  }, LOOK_EVERY)
}
