import { h } from './dom.ts'
import { fullTime, relative } from './format.ts'
import type { Store } from './store.ts'

type Say = (time: number, now: number) => string

const shown = new Map<HTMLTimeElement, { readonly time: number; readonly say: Say }>()

/** A time that says how far it is away, and goes on saying it. */
export const ago = (time: number | undefined, store: Store, none = '–'): HTMLElement =>
  timeElement(time, store, none, relative)

/** One that is still to come, or is `due`. */
export const until = (time: number | undefined, store: Store, none = '–'): HTMLElement =>
  timeElement(time, store, none, (at, now) => (at > now ? relative(at, now) : 'due'))

function timeElement(time: number | undefined, store: Store, none: string, say: Say): HTMLElement {
  if (time === undefined) return h('span', { class: 'none' }, none)
  const element = h(
    'time',
    { datetime: new Date(time).toISOString(), title: fullTime(time) },
    say(time, store.now),
  )
  shown.set(element, { time, say })
  return element
}

/** Once a second, for all that are still on the page. */
export function keepTimes(store: Store): void {
  setInterval(() => {
    const { now } = store
    for (const [element, { time, say }] of shown) {
      if (!element.isConnected) shown.delete(element)
      else if (store.ended === undefined) {
        const text = say(time, now)
        if (element.textContent !== text) element.textContent = text
      }
    }
  }, 1_000)
}
