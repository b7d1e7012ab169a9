import type { RollbackPreview } from '../commands.ts'
import { send } from './connection.ts'
import { fill, h } from './dom.ts'
import { count, plural } from './format.ts'
import type { Store } from './store.ts'

/** Asks for a level, and shows what a rollback to it would undo. Nothing is undone. */
export function askRollback(index: string, store: Store): void {
  const at = store.indexes.get(index)?.level ?? 0
  const level = h('input', {
    type: 'number',
    min: 0,
    max: at,
    step: 1,
    value: Math.max(0, at - 1),
    id: 'rollback-level',
    required: true,
  })
  const outcome = h('div', { class: 'outcome', role: 'status' })
  const form = h(
    'form',
    { method: 'dialog', novalidate: true },
    h('label', { for: 'rollback-level' }, 'The last level that would stay'),
    h('div', { class: 'inline' }, level, h('button', { type: 'submit', class: 'primary' }, 'Try')),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void attempt()
  })
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'rollback-title' },
    h('h2', { id: 'rollback-title' }, `What would a rollback of ${index} undo?`),
    h(
      'p',
      { class: 'hint' },
      'It is only tried, in a transaction that is taken back. The index waits for that long.',
    ),
    form,
    outcome,
    h('div', { class: 'actions' }, h('button', { type: 'button', onclick: () => dialog.close() }, 'Close')),
  )
  dialog.addEventListener('close', () => dialog.remove())

  async function attempt(): Promise<void> {
    const toLevel = Number(level.value)
    if (level.value === '' || !Number.isInteger(toLevel) || toLevel < 0)
      return fill(outcome, h('p', { class: 'error' }, 'A level is a whole number from 0 on.'))
    fill(outcome, h('p', { class: 'hint' }, 'Trying…'))
    const answer = await send({ type: 'dryRunRollback', index, toLevel })
    if (answer.ok && answer.rollback !== undefined) return fill(outcome, ...describe(answer.rollback))
    fill(
      outcome,
      h(
        'p',
        { class: 'error' },
        answer.ok ? 'There is no answer.' : [answer.message, answer.hint ?? ''].join('\n'),
      ),
    )
  }

  document.body.append(dialog)
  dialog.showModal()
}

function describe({ fromLevel, toLevel, tables, droppedFirings }: RollbackPreview): HTMLElement[] {
  const to = toLevel === null ? 'before its first level' : `to ${count(toLevel)}`
  const touched = tables.filter(({ restored, changed, removed }) => restored + changed + removed > 0)
  return [
    h('p', {}, `From level ${count(fromLevel)} ${to}${touched.length === 0 ? ': no rows to undo.' : ':'}`),
    ...(touched.length === 0
      ? []
      : [
          h(
            'table',
            {},
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                ...['Table', 'come back', 'change', 'go'].map((head) => h('th', { scope: 'col' }, head)),
              ),
            ),
            h(
              'tbody',
              {},
              ...touched.map(({ table, restored, changed, removed }) =>
                h(
                  'tr',
                  {},
                  h('th', { scope: 'row' }, table),
                  ...[restored, changed, removed].map((rows) => h('td', { class: 'number' }, count(rows))),
                ),
              ),
            ),
          ),
        ]),
    ...(droppedFirings === 0
      ? []
      : [h('p', {}, `${plural(droppedFirings, 'waiting firing')} would be dropped.`)]),
  ]
}
