import type { ShownFiring, ShownHook } from '../../shown.ts'
import { send } from '../connection.ts'
import { fill, h, set, toggle, write } from '../dom.ts'
import { count, plural } from '../format.ts'
import { hookForm } from '../hook-form.ts'
import { KeyedList } from '../keyed-list.ts'
import type { Store } from '../store.ts'
import { ago } from '../time-text.ts'
import { tell } from '../toast.ts'
import type { View } from '../view.ts'

/** Where no firing is of the state that is chosen. */
const NONE: Readonly<Record<string, string>> = {
  all: 'No durable firing waits, and none is dead.',
  queued: 'No durable firing waits.',
  running: 'No durable firing runs.',
  dead: 'No durable firing is dead.',
}

/** The hooks that can be fired, and the durable firings that wait, run, or failed for good. */
export function hooksView(store: Store): View {
  const hooks = h('div', { class: 'hooks-list' })
  const hookList = new KeyedList<ShownHook>(hooks, makeHook)
  const noHooks = h('p', { class: 'empty' }, 'The config has no hooks.')
  const only = h(
    'select',
    { 'aria-label': 'Which firings', onchange: () => draw() },
    ...['all', 'queued', 'running', 'dead'].map((name) => h('option', { value: name }, name)),
  )
  const summary = h('span', { class: 'hint', role: 'status' })
  const rows = h('div', { class: 'firings' })
  const firings = new KeyedList<ShownFiring>(rows, makeFiring)
  const noFirings = h('p', { class: 'empty' })
  const element = h(
    'section',
    { class: 'hooks', 'aria-labelledby': 'hooks-title' },
    h('h1', { id: 'hooks-title' }, 'Hooks'),
    noHooks,
    hooks,
    h('div', { class: 'bar' }, h('h2', {}, 'Queue'), only, h('span', { class: 'gap' }), summary),
    noFirings,
    rows,
  )

  function draw(): void {
    toggle(noHooks, 'hidden', store.hooks.length > 0)
    hookList.show(store.hooks.map((hook) => [`${hook.name} ${JSON.stringify(hook.fields)}`, hook]))
    const all = store.queue?.firings ?? []
    const found = all.filter(({ state }) => only.value === 'all' || state === only.value)
    firings.show(found.map((firing) => [firing.id, firing]))
    const total = (store.counts?.queue ?? [])
      .filter(({ state }) => only.value === 'all' || state === only.value)
      .reduce((sum, one) => sum + one.count, 0)
    write(
      summary,
      total > found.length && found.length > 0
        ? `the first ${found.length} of ${count(total)}`
        : plural(found.length, 'firing'),
    )
    toggle(noFirings, 'hidden', found.length > 0)
    write(noFirings, store.queue === undefined ? 'The queue is being read…' : (NONE[only.value] ?? ''))
  }

  function makeHook(hook: ShownHook) {
    const { name, atomic, fields, maxConcurrency, reversible, attempts } = hook
    const rules = [
      atomic ? 'atomic' : '',
      maxConcurrency > 1 ? `${maxConcurrency} at a time` : '',
      reversible ? 'undone by onReverted' : '',
      `${plural(attempts, 'attempt')} when durable`,
    ].filter(Boolean)
    const takes = fields
      .map((field) => `${field.name}${field.required ? '' : '?'}: ${field.expects}`)
      .join(', ')
    const body = h('div', {})
    const details = h(
      'details',
      { class: 'hook card', name: 'hook' },
      h('summary', {}, h('strong', {}, name), h('code', {}, takes === '' ? 'no arguments' : takes)),
      h('p', { class: 'hint' }, rules.join(' · ')),
      body,
    )
    details.addEventListener('toggle', () => {
      if (!details.open || body.childElementCount > 0) return
      fill(
        body,
        store.project?.readOnly === true
          ? h('p', { class: 'empty' }, 'This inspector is read-only.')
          : hookForm(hook, store),
      )
      body.querySelector<HTMLElement>('input, select, textarea')?.focus()
    })
    return { element: details, update() {} }
  }

  function makeFiring({ id }: ShownFiring) {
    const state = h('span', { class: 'tag' })
    const hook = h('strong', {})
    const args = h('code', { class: 'args' })
    const facts = h('span', { class: 'hint' })
    const due = h('span', { class: 'hint' })
    const error = h('div', { class: 'error' })
    const act = (type: 'retryFiring' | 'dropFiring', done: string) => (): void =>
      void send({ type, firing: id }).then((answer) => tell(answer, done))
    const retry = h('button', { type: 'button', onclick: act('retryFiring', 'queued again') }, 'Retry')
    const drop = h(
      'button',
      { type: 'button', class: 'quiet', onclick: act('dropFiring', 'dropped') },
      'Drop',
    )
    const element = h(
      'article',
      { class: 'firing' },
      h('div', { class: 'line' }, state, hook, facts, due, h('span', { class: 'gap' }), retry, drop),
      args,
      error,
    )
    return {
      element,
      update(firing: ShownFiring) {
        write(state, firing.reverting ? `${firing.state}, reverting` : firing.state)
        set(state, 'class', `tag ${{ dead: 'bad', running: 'busy' }[firing.state] ?? ''}`)
        write(hook, firing.hook)
        write(
          args,
          Object.entries(firing.args)
            .map(([name, value]) => `${name}: ${value}`)
            .join(', '),
        )
        toggle(args, 'hidden', Object.keys(firing.args).length === 0)
        const { attempts, level, confirmations, key } = firing
        write(
          facts,
          [
            plural(attempts, 'attempt'),
            level === undefined ? '' : `level ${level}`,
            confirmations === 0 ? '' : plural(confirmations, 'confirmation'),
            key === undefined ? '' : `key ${key}`,
          ]
            .filter(Boolean)
            .join(' · '),
        )
        fill(
          due,
          ...(firing.state === 'queued' && firing.attempts > 0 ? ['due ', ago(firing.dueAt, store)] : []),
        )
        write(error, firing.error ?? '')
        toggle(error, 'hidden', firing.error === undefined)
        const readOnly = store.project?.readOnly === true
        toggle(retry, 'hidden', readOnly || firing.state !== 'dead')
        toggle(drop, 'hidden', readOnly || firing.state === 'running')
      },
    }
  }

  return { id: 'hooks', title: 'Hooks', element, draw }
}
