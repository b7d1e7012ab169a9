/** An event of XState's own, as one would say it: `xstate.done.actor.work` is `work done`. */
export function eventWords(type: string): string {
  const [, kind = '', subject = '', name = ''] = /^xstate\.(\w+)\.(\w+)(?:\.(.*))?$/.exec(type) ?? []
  switch (kind) {
    case 'done':
      return subject === 'state' ? 'done' : `${name} done`
    case 'error':
      return `${name} failed`
    case 'after':
      return `after ${subject}`
    default:
      return type.replace(/^xstate\./, '')
  }
}

/** `indexer.synchronized.firing` of the machine `indexer` is `synchronized · firing`. */
export const stateWords = (state: string): string => state.split('.').slice(1).join(' · ')
