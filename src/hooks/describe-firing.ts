import type { Firing } from './context.ts'

/** Names the hook and who fired it, to go on with a verb. */
export function describeFiring({ hook, origin }: Firing): string {
  switch (origin.type) {
    case 'lifecycle':
      return hook
    case 'outside':
      return `hook "${hook}"`
    case 'handler':
      return `hook "${hook}", fired by the handler of index "${origin.index}" at level ${origin.level},`
    case 'hook':
      return `hook "${hook}", fired by hook "${origin.hook}",`
    case 'job':
      return `hook "${hook}", fired by job "${origin.job}",`
    default:
      return origin satisfies never
  }
}
