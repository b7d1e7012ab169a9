interface Point {
  readonly x: number
  readonly y: number
}

/** How an arrow is drawn, as attributes of SVG. */
export interface ArrowPath {
  /** `d` of its line. */
  readonly path: string
  /** `transform` of its head, which points to the right at 0,0. */
  readonly head: string
}

/** px: how round an arrow's corners are. */
const ROUND = 8

/** The line through these points, which run along the axes, and where its head is. */
export function arrowPath(points: readonly Point[]): ArrowPath {
  const [before, end] = points.slice(-2)
  if (before === undefined || end === undefined) throw new RangeError('an arrow has two ends')
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI
  return { path: roundedPath(points), head: `translate(${end.x} ${end.y}) rotate(${angle})` }
}

/** Straight from point to point, and around the corners. */
function roundedPath(points: readonly Point[]): string {
  return points
    .map((point, at) => {
      const before = points[at - 1]
      const after = points[at + 1]
      if (before === undefined) return `M${point.x} ${point.y}`
      if (after === undefined) return `L${point.x} ${point.y}`
      const from = towards(point, before)
      const to = towards(point, after)
      return `L${from.x} ${from.y}Q${point.x} ${point.y} ${to.x} ${to.y}`
    })
    .join('')
}

/** The point that lies `ROUND` px, or half the way, from one to another. */
function towards(from: Point, to: Point): Point {
  const length = Math.abs(to.x - from.x) + Math.abs(to.y - from.y)
  const share = length === 0 ? 0 : Math.min(ROUND, length / 2) / length
  return { x: round(from.x + (to.x - from.x) * share), y: round(from.y + (to.y - from.y) * share) }
}

const round = (value: number): number => Math.round(value * 10) / 10
