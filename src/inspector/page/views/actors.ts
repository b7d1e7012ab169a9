import type { ShownActor } from '../../shown.ts'
import { get } from '../connection.ts'
import { fill, h, set, toggle, write } from '../dom.ts'
import { stateWords } from '../event-words.ts'
import { plural } from '../format.ts'
import { KeyedList } from '../keyed-list.ts'
import type { Store } from '../store.ts'
import { ago } from '../time-text.ts'
import type { View } from '../view.ts'
import { leavesOf } from '../leaves-of.ts'

/** Of one parent. A pool may have thousands. */
const MOST_CHILDREN = 100

interface Line {
  readonly actor: ShownActor
  readonly depth: number
  readonly children: number
  readonly open: boolean
}

/** Every actor that runs, below who started it. */
export function actorsView(store: Store): View {
  const closed = new Set<string>()
  let chosen: string | undefined
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter by name or state',
    'aria-label': 'Filter actors',
    oninput: () => draw(),
  })
  const tree = h('ul', { class: 'tree', role: 'tree', 'aria-label': 'Actors' })
  const lines = new KeyedList<Line>(tree, makeLine)
  const more = h('p', { class: 'hint' })
  const nothing = h('p', { class: 'empty' })
  const details = h(
    'aside',
    { class: 'card', 'aria-label': 'Actor', 'aria-live': 'polite' },
    h('p', { class: 'empty' }, 'Choose an actor to see its context.'),
  )
  const element = h(
    'section',
    { class: 'actors', 'aria-labelledby': 'actors-title' },
    h('h1', { id: 'actors-title' }, 'Actors'),
    h('div', { class: 'bar' }, filter),
    h('div', { class: 'beside' }, h('div', {}, nothing, tree, more), details),
  )
  tree.addEventListener('keydown', (event) => move(event))

  function draw(): void {
    const wanted = filter.value.trim().toLowerCase()
    const children = new Map<string | undefined, ShownActor[]>()
    for (const actor of store.actors.values()) {
      const parent = actor.parent !== undefined && store.actors.has(actor.parent) ? actor.parent : undefined
      children.set(parent, [...(children.get(parent) ?? []), actor])
    }
    let hidden = 0
    const below = (parent: string | undefined, depth: number): Line[] => {
      const all = children.get(parent) ?? []
      const found = wanted === '' ? all : all.filter((actor) => matches(actor, wanted, children))
      hidden += Math.max(0, found.length - MOST_CHILDREN)
      return found.slice(0, MOST_CHILDREN).flatMap((actor) => {
        const open = !closed.has(actor.id)
        const line = { actor, depth, children: children.get(actor.id)?.length ?? 0, open }
        return [line, ...(open ? below(actor.id, depth + 1) : [])]
      })
    }
    const shown = below(undefined, 1)
    lines.show(shown.map((line) => [line.actor.id, line]))
    toggle(nothing, 'hidden', shown.length > 0 || store.project === undefined)
    write(nothing, store.project?.live === false ? 'Nothing runs in this process.' : 'No actor is like that.')
    toggle(details, 'hidden', store.actors.size === 0)
    if (tree.querySelector('[tabindex="0"]') === null)
      tree.querySelector('[role=treeitem]')?.setAttribute('tabindex', '0')
    write(more, hidden === 0 ? '' : `${plural(hidden, 'actor')} more: filter to find them.`)
    toggle(more, 'hidden', hidden === 0)
  }

  function makeLine({ actor: { id } }: Line) {
    const caret = h('span', { class: 'caret', 'aria-hidden': 'true' })
    const name = h('span', { class: 'name' })
    const state = h('span', { class: 'state' })
    const many = h('span', { class: 'many' })
    const element = h(
      'li',
      { role: 'treeitem', 'data-id': id, tabindex: '-1', onclick: () => choose(id, element) },
      caret,
      name,
      state,
      many,
    )
    caret.addEventListener('click', (event) => {
      event.stopPropagation()
      setOpen(id, closed.has(id))
    })
    return {
      element,
      update({ actor, depth, children, open }: Line) {
        write(name, actor.name)
        const words = leavesOf(actor.states).map(stateWords).join(', ')
        write(state, words !== '' ? words : actor.kind === actor.name ? '' : actor.kind)
        write(many, children > MOST_CHILDREN ? plural(children, 'child', 'children') : '')
        write(caret, children === 0 ? '' : open ? '▾' : '▸')
        set(element, 'aria-level', String(depth))
        set(element, 'data-depth', String(Math.min(depth, 8)))
        set(element, 'data-kind', actor.kind)
        if (children === 0) element.removeAttribute('aria-expanded')
        else set(element, 'aria-expanded', String(open))
        set(element, 'aria-selected', String(chosen === id))
      },
    }
  }

  function setOpen(id: string, open: boolean): void {
    if (open) closed.delete(id)
    else closed.add(id)
    draw()
  }

  function choose(id: string, line: HTMLElement): void {
    chosen = id
    for (const other of tree.querySelectorAll('[tabindex="0"]')) other.setAttribute('tabindex', '-1')
    line.setAttribute('tabindex', '0')
    line.focus()
    draw()
    void show(id)
  }

  async function show(id: string): Promise<void> {
    const actor = store.actors.get(id)
    const found = await get<{ readonly status?: string; readonly context?: string }>('/api/actor', { id })
    if (chosen !== id) return
    if (actor === undefined || found === undefined)
      return fill(details, h('p', { class: 'empty' }, 'This actor has ended.'))
    fill(
      details,
      h('h2', {}, actor.name),
      h(
        'dl',
        { class: 'facts' },
        ...fact('kind', actor.kind),
        ...fact('state', actor.states.map(stateWords).at(-1) ?? found.status ?? ''),
        h('dt', {}, 'since'),
        h('dd', {}, ago(actor.since, store)),
        ...fact('id', id),
      ),
      found.context === undefined
        ? h('p', { class: 'hint' }, 'It has no context.')
        : h('pre', { tabindex: '0' }, found.context),
      h('button', { type: 'button', class: 'quiet', onclick: () => void show(id) }, 'Read again'),
    )
  }

  function move(event: KeyboardEvent): void {
    const items = [...tree.querySelectorAll<HTMLElement>('[role=treeitem]')]
    const at = items.findIndex((item) => item === document.activeElement)
    const current = items[at]
    const id = current?.dataset['id']
    if (current === undefined || id === undefined) return
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key]
    if (to !== undefined) {
      current.setAttribute('tabindex', '-1')
      items[Math.max(0, Math.min(to, items.length - 1))]?.setAttribute('tabindex', '0')
      items[Math.max(0, Math.min(to, items.length - 1))]?.focus()
    } else if (event.key === 'ArrowRight') setOpen(id, true)
    else if (event.key === 'ArrowLeft') setOpen(id, false)
    else if (event.key === 'Enter' || event.key === ' ') choose(id, current)
    else return
    event.preventDefault()
  }

  return { id: 'actors', title: 'Actors', element, draw }
}

/** It, or one below it. */
function matches(
  actor: ShownActor,
  wanted: string,
  children: ReadonlyMap<string | undefined, readonly ShownActor[]>,
): boolean {
  const text = `${actor.name} ${leavesOf(actor.states).join(' ') || actor.kind}`.toLowerCase()
  return (
    text.includes(wanted) || (children.get(actor.id) ?? []).some((child) => matches(child, wanted, children))
  )
}

const fact = (name: string, value: string): HTMLElement[] => [h('dt', {}, name), h('dd', {}, value)]
