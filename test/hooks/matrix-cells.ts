/** What a cell of the matrix is made of. */
export const FORMS = ['code', 'YAML'] as const
export const ATOMICITIES = ['atomic', 'not atomic'] as const
export const ORIGINS = ['handler', 'atomic hook', 'other hook', 'job', 'outside'] as const
export const WAITS = [true, false] as const

export const NEVER_ENDS = 'a stop arrives, and it never ends'
export const LATE = 'a stop arrived before it is fired, by what still runs'
export const ROLLED_BACK = 'succeeds, but what fired it throws'
export const UNDONE = 'succeeds, but it was fired in a sql.begin that is undone'
export const ENDS = [
  'succeeds',
  'throws',
  'throws no Error',
  'throws, caught by who fired it',
  ROLLED_BACK,
  UNDONE,
  'a stop arrives, and it ends in time',
  NEVER_ENDS,
  LATE,
] as const

export interface Cell {
  /** Its hook's, and its index's or job's. */
  readonly slug: string
  readonly name: string
  readonly form: (typeof FORMS)[number]
  readonly atomicity: (typeof ATOMICITIES)[number]
  readonly origin: (typeof ORIGINS)[number]
  readonly wait: (typeof WAITS)[number]
  readonly end: (typeof ENDS)[number]
}

type Axes = Omit<Cell, 'slug' | 'name'>

/** Another callback fires it: the others are the schedule and the outside. */
export const hasCallback = ({ origin }: Axes): boolean => origin === 'handler' || origin.endsWith(' hook')
/** It is fired in a transaction, which it joins or is queued in. */
export const hasTransaction = ({ origin }: Axes): boolean => origin === 'handler' || origin === 'atomic hook'
/** Its own hook, or the one that fires it, is atomic and in no level: no level runs meanwhile. */
export const holdsLevels = ({ origin, atomicity, wait, end }: Axes): boolean =>
  origin === 'atomic hook'
    ? wait || end === LATE || atomicity === 'atomic'
    : atomicity === 'atomic' && !(wait && origin === 'handler')
export const stops = ({ end }: Axes): boolean => end.startsWith('a stop')
export const catches = ({ end }: Axes): boolean => end === 'throws, caught by who fired it'
/** Attempts of a durable firing. */
export const ATTEMPTS = 2

function isPossible(axes: Axes): boolean {
  const { form, atomicity, wait, end } = axes
  // Of the stops of a YAML project one for each origin is enough.
  if (form === 'YAML' && stops(axes) && atomicity === 'atomic') return false
  // Jobs and the outside are refused once a stop has arrived.
  if (end === LATE || end === UNDONE) return hasCallback(axes)
  if (end === ROLLED_BACK) return hasTransaction(axes)
  return wait || !catches(axes)
}

export const CELLS: readonly Cell[] = FORMS.flatMap((form) =>
  ATOMICITIES.flatMap((atomicity) =>
    ORIGINS.flatMap((origin) =>
      WAITS.flatMap((wait) => ENDS.map((end) => ({ form, atomicity, origin, wait, end }))),
    ),
  ),
)
  .filter(isPossible)
  .map((axes, at) => ({
    ...axes,
    slug: `cell_${at}`,
    name: `${axes.form}: ${axes.atomicity}, fired from ${axes.origin}, ${axes.wait ? 'awaited' : 'not awaited'}: ${axes.end}`,
  }))
