import type { PawlEvent } from 'pawl'

/**
 * Says which events are news to a reader: the lifecycle, firings and jobs the first time each, failures and rollbacks
 * always. Jobs that fire every second would bury the rest.
 */
export function firstTimes(): (event: PawlEvent) => boolean {
  const told = new Set<string>()
  const first = (...name: readonly (string | undefined)[]): boolean => {
    const key = name.join(' ')
    const isNew = !told.has(key)
    told.add(key)
    return isNew
  }
  return (event) => {
    switch (event.type) {
      case 'lifecycle':
        return first(event.type, event.previous, event.state)
      case 'hook.started':
      case 'hook.finished':
        return event.origin.type === 'outside' || first(event.type, event.hook, event.origin.type)
      case 'job.fired':
        return first(event.type, event.job)
      default:
        return true
    }
  }
}
