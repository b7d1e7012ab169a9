import type { ShownTransition } from '../../shown.ts'
import { Chart } from '../chart.ts'
import { fill, h, toggle, write } from '../dom.ts'
import { eventWords, stateWords } from '../event-words.ts'
import { clockTime } from '../format.ts'
import { KeyedList } from '../keyed-list.ts'
import type { Store } from '../store.ts'
import type { View } from '../view.ts'
import { leavesOf } from '../leaves-of.ts'

/** Each of `machines/`, those first that a person looks for first. */
const MACHINES = ['indexer', 'index', 'hooks', 'scheduler', 'job', 'watcher', 'root'] as const
/** These are where the lifecycle is. */
const LIFECYCLE: ReadonlySet<string> = new Set(['indexer', 'watcher'])
const SHOWN = 40

/** Each machine as a drawing, lit where it stands, with the transitions that it took. */
export function chartsView(store: Store): View {
  let machine = 'indexer'
  let actorName: string | undefined
  let chart: Chart | undefined
  let loading = 0

  const tabs = MACHINES.map((name) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `chart-tab-${name}`,
        'aria-controls': 'chart-panel',
        onclick: () => choose(name),
      },
      name,
    ),
  )
  const picker = h('select', {
    'aria-label': 'Which one',
    onchange: () => {
      actorName = picker.value
      draw()
    },
  })
  const standing = h('p', { class: 'standing', role: 'status' })
  const panel = h('div', { class: 'chart-panel', id: 'chart-panel', role: 'tabpanel', tabindex: '0' })
  const list = h('ol', { class: 'transitions' })
  const transitions = new KeyedList<ShownTransition>(list, makeTransition)
  const none = h('p', { class: 'empty' }, 'None since somebody looks at actors.')
  let followed: Element | undefined
  let fits = true
  const fit = h(
    'button',
    { type: 'button', class: 'quiet', 'aria-pressed': 'true', onclick: () => setFit(!fits) },
    'Fit',
  )
  const setFit = (on: boolean): void => {
    fits = on
    fit.setAttribute('aria-pressed', String(on))
    toggle(panel, 'data-fit', on)
  }
  setFit(false)

  const element = h(
    'section',
    { class: 'charts', 'aria-labelledby': 'charts-title' },
    h('h1', { id: 'charts-title' }, 'Charts'),
    h(
      'div',
      { class: 'bar' },
      h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Machine' }, ...tabs),
      picker,
      h('span', { class: 'gap' }),
      fit,
    ),
    standing,
    h(
      'div',
      { class: 'beside' },
      panel,
      h('aside', { 'aria-label': 'Last transitions' }, h('h2', {}, 'Last transitions'), none, list),
    ),
  )
  for (const tablist of element.querySelectorAll<HTMLElement>('[role=tablist]')) {
    tablist.addEventListener('keydown', (event) => {
      const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
      if (step === 0) return
      const at =
        (MACHINES.indexOf(machine as (typeof MACHINES)[number]) + step + MACHINES.length) % MACHINES.length
      choose(MACHINES[at] ?? 'indexer')
      tabs[at]?.focus()
    })
  }
  choose('indexer')

  function choose(name: string): void {
    machine = name
    actorName = undefined
    for (const [at, tab] of tabs.entries()) {
      const isChosen = MACHINES[at] === name
      tab.setAttribute('aria-selected', String(isChosen))
      tab.tabIndex = isChosen ? 0 : -1
    }
    panel.setAttribute('aria-labelledby', `chart-tab-${name}`)
    const load = ++loading
    void show(name, load)
    draw()
  }

  async function show(name: string, load: number): Promise<void> {
    const loaded = await Chart.load(name)
    if (load !== loading) return
    chart = loaded
    fill(
      panel,
      loaded?.element ?? h('p', { class: 'empty' }, 'This chart was not drawn: run `npm run diagrams`.'),
    )
    draw()
  }

  /** Where it stands comes into view each time that this changes, and when the view is opened; only the panel is scrolled. */
  function follow(): void {
    const lit = panel.isConnected ? chart?.lit : undefined
    if (lit === followed) return
    followed = lit
    if (lit === undefined) return
    const [box, view] = [lit.getBoundingClientRect(), panel.getBoundingClientRect()]
    panel.scrollBy(
      box.left - view.left - (view.width - box.width) / 2,
      box.top - view.top - (view.height - box.height) / 2,
    )
  }

  function draw(): void {
    const names = [...store.actors.values()]
      .flatMap(({ kind, name }) => (kind === machine ? [name] : []))
      .toSorted()
    const isOneOfMany = machine === 'index' || machine === 'job'
    toggle(picker, 'hidden', !isOneOfMany || names.length === 0)
    if (isOneOfMany) drawPicker(names)
    const actor = store.actorOf(machine, isOneOfMany ? (actorName ?? names[0]) : undefined)
    chart?.light(actor?.states ?? [])
    follow()
    const own = store.transitions.filter((transition) =>
      actor === undefined ? transition.machine === machine : transition.actor === actor.id,
    )
    chart?.mark(own.at(-1))
    const listed = [...(LIFECYCLE.has(machine) ? earlier(store, own[0]?.time, machine) : []), ...own]
    toggle(none, 'hidden', listed.length > 0)
    transitions.show(
      listed
        .slice(-SHOWN)
        .toReversed()
        .map((transition) => [String(transition.n), transition]),
    )
    const words = leavesOf(actor?.states ?? []).map(stateWords)
    write(
      standing,
      words.length === 0 ? nothingRuns(machine) : `${actor?.name ?? machine} is in ${words.join(' and ')}`,
    )
  }

  function drawPicker(names: readonly string[]): void {
    if ([...picker.options].map(({ value }) => value).join('\n') === names.join('\n')) return
    const chosen = actorName ?? names[0]
    fill(
      picker,
      ...names.map((name) =>
        h('option', { value: name, selected: name === chosen }, name.replace(/^\w+: /, '')),
      ),
    )
  }

  return { id: 'charts', title: 'Charts', element, draw }
}

/** The lifecycle before its transitions were watched: that is always known. */
function earlier(store: Store, before: number | undefined, machine: string): readonly ShownTransition[] {
  return store.lifecycle.flatMap(({ n, time, state }, at) => {
    const from = store.lifecycle[at - 1]?.state
    if (from === undefined || (before !== undefined && time >= before)) return []
    const ids = { from: [`${machine}.${from}`], to: [`${machine}.${state}`] }
    return [{ n: -n, time, actor: '', name: machine, machine, event: '', ...ids }]
  })
}

const nothingRuns = (machine: string): string =>
  machine === 'job'
    ? 'No job fires now.'
    : machine === 'index'
      ? 'No index runs.'
      : machine === 'watcher'
        ? 'No watcher runs: the indexer is in this process.'
        : `No ${machine} runs.`

function makeTransition() {
  const time = h('span', { class: 'time' })
  const event = h('code', {})
  const way = h('span', { class: 'way' })
  return {
    element: h('li', {}, time, event, way),
    update(transition: ShownTransition) {
      write(time, clockTime(transition.time))
      write(event, eventWords(transition.event))
      toggle(event, 'hidden', transition.event === '')
      write(
        way,
        `${transition.from.map(stateWords).join(', ')} → ${transition.to.map(stateWords).join(', ')}`,
      )
    },
  }
}
