import type { ShownRollback } from '../shown.ts'
import { s } from './dom.ts'
import { clockTime, fullTime, plural } from './format.ts'

const HEIGHT = 74
const BASE = 52
const DEEPEST = 38

/** Reorgs on a line of time: as high as they were deep. Places are parts of the width, whatever that is: the text stays as large as it is. */
export function reorgLine(rollbacks: readonly ShownRollback[], now: number): SVGSVGElement {
  const first = rollbacks[0]?.time ?? now
  // At least a minute, so that the first is not at both ends.
  const begin = Math.min(first, now - 60_000) - 1_000
  const x = (time: number): string => `${(1 + ((time - begin) / (now - begin)) * 98).toFixed(2)}%`
  const deepest = Math.max(1, ...rollbacks.map(depthOf))
  return s(
    'svg',
    {
      class: 'reorg-line',
      width: '100%',
      height: HEIGHT,
      role: 'img',
      'aria-label': `${plural(rollbacks.length, 'reorg')} since ${clockTime(first)}`,
    },
    s('line', { class: 'axis', x1: 0, x2: '100%', y1: BASE, y2: BASE }),
    ...rollbacks.map((rollback) => {
      const height = 6 + (Math.sqrt(depthOf(rollback)) / Math.sqrt(deepest)) * (DEEPEST - 6)
      const at = x(rollback.time)
      return s(
        'g',
        { class: 'reorg' },
        s('title', {}, `${rollback.index}: ${describeRollback(rollback)}, ${fullTime(rollback.time)}`),
        s('line', { x1: at, x2: at, y1: BASE, y2: BASE - height }),
        s('circle', { cx: at, cy: BASE - height, r: 4 }),
      )
    }),
    s('text', { x: 0, y: HEIGHT - 6 }, clockTime(begin)),
    s('text', { x: '100%', y: HEIGHT - 6, class: 'end' }, 'now'),
  )
}

const depthOf = ({ fromLevel, toLevel }: ShownRollback): number => fromLevel - toLevel

export const describeRollback = (rollback: ShownRollback): string =>
  `${plural(depthOf(rollback), 'level')}, from ${rollback.fromLevel} to ${rollback.toLevel}, ${plural(rollback.rows, 'row')} undone`
