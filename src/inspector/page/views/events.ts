import type { ShownEvent } from '../../shown.ts'
import { h, toggle, write } from '../dom.ts'
import { clockTime, count, fullTime, plural } from '../format.ts'
import { KeyedList } from '../keyed-list.ts'
import type { Store } from '../store.ts'
import type { View } from '../view.ts'

const SHOWN = 250
const GROUPS = ['lifecycle', 'index', 'hook', 'job'] as const

/** What was emitted, in words, the newest first. */
export function eventsView(store: Store): View {
  let paused: { readonly events: readonly ShownEvent[]; readonly last: number } | undefined
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter events',
    oninput: () => draw(),
  })
  const boxes = GROUPS.map((group) =>
    h('input', { type: 'checkbox', checked: true, id: `events-${group}`, onchange: () => draw() }),
  )
  const problems = h('input', { type: 'checkbox', id: 'events-problems', onchange: () => draw() })
  const pause = h(
    'button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => setPaused(paused === undefined) },
    'Pause',
  )
  const missed = h('span', { class: 'hint', role: 'status' })
  const log = h('ol', {
    class: 'log',
    role: 'log',
    'aria-live': 'off',
    'aria-label': 'Events, the newest first',
    tabindex: '0',
  })
  const list = new KeyedList<ShownEvent>(log, makeLine)
  const empty = h('p', { class: 'empty' })
  const element = h(
    'section',
    { class: 'events', 'aria-labelledby': 'events-title' },
    h('h1', { id: 'events-title' }, 'Events'),
    h(
      'div',
      { class: 'bar' },
      filter,
      h(
        'span',
        { class: 'checks', role: 'group', 'aria-label': 'Kinds' },
        ...GROUPS.map((group, at) => h('label', {}, boxes[at], group)),
        h('label', {}, problems, 'problems only'),
      ),
      h('span', { class: 'gap' }),
      missed,
      pause,
    ),
    empty,
    log,
  )

  function setPaused(on: boolean): void {
    paused = on ? { events: store.events, last: store.events.at(-1)?.n ?? 0 } : undefined
    pause.setAttribute('aria-pressed', String(on))
    write(pause, on ? 'Go on' : 'Pause')
    draw()
  }

  function draw(): void {
    const wanted = filter.value.trim().toLowerCase()
    const groups = new Set(GROUPS.filter((_, at) => boxes[at]?.checked))
    const found: [string, ShownEvent][] = []
    const all = paused?.events ?? store.events
    for (let at = all.length - 1; at >= 0 && found.length < SHOWN; at -= 1) {
      const event = all[at]
      if (event !== undefined && fits(event, wanted, groups, problems.checked))
        found.push([String(event.n), event])
    }
    list.show(found)
    toggle(empty, 'hidden', found.length > 0)
    write(
      empty,
      store.project?.live === false
        ? 'Events are not stored: a Pawl that runs shows its own.'
        : all.length === 0
          ? 'Nothing has happened yet.'
          : 'No event is like that.',
    )
    const news = paused === undefined ? 0 : (store.events.at(-1)?.n ?? 0) - paused.last
    write(
      missed,
      [
        news > 0 ? `${count(news)} new` : '',
        store.leftOut > 0 ? `${plural(store.leftOut, 'line')} left out under load` : '',
      ]
        .filter(Boolean)
        .join(' · '),
    )
  }

  return { id: 'events', title: 'Events', element, draw }
}

const groupOf = (type: string): (typeof GROUPS)[number] =>
  GROUPS.find((group) => type.startsWith(`${group}.`)) ?? 'lifecycle'

function fits(
  event: ShownEvent,
  wanted: string,
  groups: ReadonlySet<string>,
  problemsOnly: boolean,
): boolean {
  if (!groups.has(groupOf(event.type))) return false
  if (problemsOnly && event.tone !== 'warn' && event.tone !== 'bad') return false
  return (
    wanted === '' || `${event.type} ${event.text} ${event.details.join(' ')}`.toLowerCase().includes(wanted)
  )
}

function makeLine(event: ShownEvent) {
  return {
    element: h(
      'li',
      { class: event.tone },
      h('time', { class: 'time', title: fullTime(event.time) }, clockTime(event.time)),
      h('span', { class: 'mark', 'aria-hidden': 'true' }, event.mark),
      h(
        'span',
        { class: 'text' },
        event.text,
        ...event.details.map((line) => h('span', { class: 'detail' }, line)),
      ),
    ),
    update() {},
  }
}
