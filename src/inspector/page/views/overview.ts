import type { ShownIndex, ShownRollback } from '../../shown.ts'
import { fill, h, set, toggle, write } from '../dom.ts'
import { count, duration, rate } from '../format.ts'
import { KeyedList } from '../keyed-list.ts'
import { problemsOf } from '../problems.ts'
import { describeRollback, reorgLine } from '../reorg-line.ts'
import { askRollback } from '../rollback-dialog.ts'
import type { Store } from '../store.ts'
import { ago } from '../time-text.ts'
import type { View } from '../view.ts'

const STATES = ['restart', 'reindex', 'syncing', 'synchronized', 'rollback'] as const
const SHOWN_REORGS = 6

/** How it stands, at a look. */
export function overviewView(store: Store): View {
  const steps = STATES.map((state) => h('li', { 'data-state': state }, h('span', { class: 'dot' }), state))
  const since = h('p', { class: 'since' })
  const problems = h('ul', { class: 'problems' })
  const figures = h('dl', { class: 'figures' })
  const rows = h('tbody', {})
  const indexes = new KeyedList<ShownIndex>(rows, makeRow)
  const table = h(
    'table',
    { class: 'indexes' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...['Index', 'Level', 'Head', 'Progress', 'Rate', 'Left', ''].map((head) =>
          h('th', { scope: 'col' }, head),
        ),
      ),
    ),
    rows,
  )
  const noIndexes = h('p', { class: 'empty' }, 'No index is configured: Pawl runs hooks and jobs here.')
  const line = h('div', {})
  const reorgs = h('ol', { class: 'reorgs' })
  const reorgList = new KeyedList<ShownRollback>(reorgs, (rollback) => ({
    element: h(
      'li',
      {},
      h('strong', {}, rollback.index),
      ` ${describeRollback(rollback)}, in ${duration(rollback.duration)} `,
      ago(rollback.time, store),
    ),
    update() {},
  }))
  const noReorgs = h('p', { class: 'empty' })
  let drawnReorgs = ''
  let drawnProblems = ''
  let drawnSince = 0

  const element = h(
    'section',
    { class: 'overview', 'aria-labelledby': 'overview-title' },
    h('h1', { id: 'overview-title' }, 'Overview'),
    h(
      'div',
      { class: 'card lifecycle' },
      h('h2', {}, 'Lifecycle'),
      h('ol', { class: 'steps' }, ...steps),
      since,
    ),
    h('div', { class: 'card' }, h('h2', {}, 'What is wrong'), problems),
    h('div', { class: 'card plain' }, h('h2', { class: 'hidden' }, 'In figures'), figures),
    h(
      'div',
      { class: 'card wide' },
      h('h2', {}, 'Indexes'),
      noIndexes,
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Indexes' }, table),
    ),
    h('div', { class: 'card wide' }, h('h2', {}, 'Reorgs'), noReorgs, line, reorgs),
  )

  function draw(): void {
    for (const [at, step] of steps.entries()) {
      const isNow = STATES[at] === store.state
      toggle(step, 'data-lit', isNow)
      if (isNow) step.setAttribute('aria-current', 'step')
      else step.removeAttribute('aria-current')
    }
    if (store.project?.live === false) write(since, 'As it is stored: nothing of it runs in this process.')
    else if (drawnSince !== store.since || since.dataset['state'] !== store.state) {
      drawnSince = store.since
      since.dataset['state'] = store.state
      fill(since, `${store.state} since `, ago(store.since, store))
    }
    drawProblems()
    drawFigures()
    const all = [...store.indexes.values()]
    toggle(noIndexes, 'hidden', all.length > 0 || store.project === undefined)
    toggle(table, 'hidden', all.length === 0)
    indexes.show(all.map((index) => [index.name, index]))
    drawReorgs()
  }

  function drawProblems(): void {
    const found = problemsOf(store)
    const text = JSON.stringify(found)
    if (text === drawnProblems) return
    drawnProblems = text
    fill(
      problems,
      ...(found.length === 0
        ? [h('li', { class: 'good' }, 'Nothing: what is stored may be served.')]
        : found.map(({ tone, text: words, link }) =>
            h('li', { class: tone }, link === undefined ? words : h('a', { href: link }, words)),
          )),
    )
  }

  function drawFigures(): void {
    const { jobs, queue = [] } = store.counts ?? {}
    const inState = (state: string): number =>
      queue.reduce((sum, one) => sum + (one.state === state ? one.count : 0), 0)
    const figuresNow: readonly (readonly [string, string, string])[] = [
      [
        'Jobs',
        count(jobs?.all ?? 0),
        (jobs?.paused ?? 0) === 0 ? 'none paused' : `${count(jobs?.paused ?? 0)} paused`,
      ],
      ['Queued', count(inState('queued')), `${count(inState('running'))} running`],
      ['Dead', count(inState('dead')), 'firings'],
      ['Events', store.pace === undefined ? '–' : count(store.pace), 'a second'],
    ]
    if (figures.childElementCount !== figuresNow.length)
      fill(
        figures,
        ...figuresNow.map(([name]) =>
          h('div', {}, h('dt', {}, name), h('dd', {}), h('dd', { class: 'note' })),
        ),
      )
    for (const [at, [, value, note]] of figuresNow.entries()) {
      const [, dd, small] = figures.children[at]?.children ?? []
      if (dd !== undefined) write(dd, value)
      if (small !== undefined) write(small, note)
    }
  }

  function drawReorgs(): void {
    write(
      noReorgs,
      store.project?.live === false
        ? 'They are not stored: a Pawl that runs shows its own.'
        : 'None since Pawl was started.',
    )
    // The line moves with time; once in ten seconds is often enough for what a person sees.
    const text = `${store.rollbacks.at(-1)?.n ?? 0} ${Math.floor(store.now / 10_000)}`
    if (text === drawnReorgs) return
    drawnReorgs = text
    toggle(noReorgs, 'hidden', store.rollbacks.length > 0)
    fill(line, store.rollbacks.length > 0 && reorgLine(store.rollbacks, store.now))
    reorgList.show(
      store.rollbacks
        .slice(-SHOWN_REORGS)
        .toReversed()
        .map((rollback) => [String(rollback.n), rollback]),
    )
  }

  function makeRow(index: ShownIndex) {
    const level = h('td', { class: 'number' })
    const head = h('td', { class: 'number' })
    const bar = h('progress', { max: 100, 'aria-label': `${index.name}: part of the way to its head` })
    const phase = h('span', { class: 'phase' })
    const speed = h('td', { class: 'number' })
    const left = h('td', { class: 'number' })
    const dry = h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        title: 'See what a rollback would undo',
        onclick: () => askRollback(index.name, store),
      },
      'Dry-run rollback…',
    )
    const row = h(
      'tr',
      {},
      h('th', { scope: 'row' }, index.name),
      level,
      head,
      h('td', { class: 'progress' }, bar, phase),
      speed,
      left,
      h('td', {}, dry),
    )
    return {
      element: row,
      update({
        level: at,
        head: top,
        synchronized,
        rate: perSecond,
        timeLeft,
        done,
        orphanedFrom,
        failure,
      }: ShownIndex) {
        write(level, at === undefined ? '–' : count(at))
        write(head, top === undefined ? '–' : count(top))
        const percent = synchronized ? 100 : (done ?? share(at, top))
        set(bar, 'value', String(percent))
        const [tone, words] =
          failure !== undefined
            ? ['bad', 'has stopped']
            : orphanedFrom !== undefined
              ? ['bad', 'orphaned rows']
              : synchronized
                ? ['good', 'at its head']
                : ['busy', `${percent} %`]
        write(phase, words)
        set(row, 'data-tone', tone)
        set(row, 'title', failure ?? '')
        write(speed, perSecond === undefined || synchronized ? '' : rate(perSecond))
        write(left, timeLeft === undefined ? '' : duration(timeLeft))
        toggle(dry, 'hidden', store.project?.readOnly === true || at === undefined)
      },
    }
  }

  return { id: 'overview', title: 'Overview', element, draw }
}

const share = (level: number | undefined, head: number | undefined): number =>
  level === undefined || head === undefined || head === 0 ? 0 : Math.min(99, Math.floor((level / head) * 100))
