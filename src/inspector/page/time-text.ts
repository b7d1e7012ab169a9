import { h } from './dom.ts'
import { fullTime, relative } from './format.ts'
import type { Store } from './store.ts'

const shown = new Map<HTMLTimeElement, number>()

/** A time that says how far it is away, and goes on saying it. */
export function ago(time: number | undefined, store: Store, none = '–'): HTMLElement {
  if (time === undefined) return h('span', { class: 'none' }, none)
  const element = h(
    'time',
    { datetime: new Date(time).toISOString(), title: fullTime(time) },
    relative(time, store.now),
  )
  shown.set(element, time)
  return element
}

/** Once a second, for all that are still on the page. */
export function keepTimes(store: Store): void {
  setInterval(() => {
    const { now } = store
    for (const [element, time] of shown) {
      if (!element.isConnected) shown.delete(element)
      else if (store.ended === undefined) {
        const text = relative(time, now)
        if (element.textContent !== text) element.textContent = text
      }
    }
  }, 1_000)
}
