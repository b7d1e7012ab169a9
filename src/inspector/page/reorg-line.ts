import type { ShownRollback } from '../shown.ts'
import { s } from './dom.ts'
import { clockTime, fullTime, plural } from './format.ts'

const WIDTH = 1020
const HEIGHT = 74
const BASE = 52
const DEEPEST = 38

/** Reorgs on a line of time: as high as they were deep. Drawn to fit any width. */
export function reorgLine(rollbacks: readonly ShownRollback[], now: number): SVGSVGElement {
  const first = rollbacks[0]?.time ?? now
  // At least a minute, so that the first is not at both ends.
  const begin = Math.min(first, now - 60_000) - 1_000
  const x = (time: number): number => 8 + ((time - begin) / (now - begin)) * (WIDTH - 16)
  const deepest = Math.max(1, ...rollbacks.map(depthOf))
  return s(
    'svg',
    {
      class: 'reorg-line',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': `${plural(rollbacks.length, 'reorg')} since ${clockTime(first)}`,
    },
    s('path', { class: 'axis', d: `M0 ${BASE}H${WIDTH}` }),
    ...rollbacks.map((rollback) => {
      const height = 6 + (Math.sqrt(depthOf(rollback)) / Math.sqrt(deepest)) * (DEEPEST - 6)
      const at = x(rollback.time)
      return s(
        'g',
        { class: 'reorg' },
        s('title', {}, `${rollback.index}: ${describeRollback(rollback)}, ${fullTime(rollback.time)}`),
        s('path', { d: `M${at} ${BASE}V${BASE - height}` }),
        s('circle', { cx: at, cy: BASE - height, r: 4 }),
      )
    }),
    s('text', { x: 0, y: HEIGHT - 6 }, clockTime(begin)),
    s('text', { x: WIDTH, y: HEIGHT - 6, class: 'end' }, 'now'),
  )
}

const depthOf = ({ fromLevel, toLevel }: ShownRollback): number => fromLevel - toLevel

export const describeRollback = (rollback: ShownRollback): string =>
  `${plural(depthOf(rollback), 'level')}, from ${rollback.fromLevel} to ${rollback.toLevel}, ${plural(rollback.rows, 'row')} undone`
