import type { Field, ShownHook } from '../shown.ts'
import { send } from './connection.ts'
import { fill, h, type Child } from './dom.ts'
import type { Store } from './store.ts'

/** A value as the server reads it: with tags for what JSON has no word for. */
type Encoded = { readonly value: unknown } | { readonly problem: string } | { readonly left: true }

interface FieldInput {
  readonly name: string
  readonly element: HTMLElement
  read(): Encoded
  tell(problem: string | undefined): void
  focus(): void
}

/** A form for the arguments of a hook, which says what is wrong beside each, and what came of the firing. */
export function hookForm(hook: ShownHook, store: Store): HTMLElement {
  const inputs = hook.fields.map((field) => fieldInput(field, hook.name))
  const queue = h('input', { type: 'checkbox', id: `queue-${hook.name}` })
  const outcome = h('div', { class: 'outcome', role: 'status', 'aria-live': 'polite' })
  const button = h('button', { type: 'submit', class: 'primary' }, `Fire ${hook.name}`)
  const form = h(
    'form',
    { class: 'hook-form', novalidate: true, 'aria-label': `Fire ${hook.name}` },
    ...inputs.map(({ element }) => element),
    inputs.length === 0 && h('p', { class: 'hint' }, 'It takes no arguments.'),
    h(
      'div',
      { class: 'check' },
      queue,
      h('label', { for: `queue-${hook.name}` }, 'Durable: put it on the queue, where it survives a crash'),
    ),
    h('div', { class: 'actions start' }, button),
    outcome,
  )
  let waitingFor: { readonly firing: string; readonly after: number } | undefined

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void fire()
  })
  store.onChange(() => waitingFor !== undefined && form.isConnected && look())

  async function fire(): Promise<void> {
    const args: Record<string, unknown> = {}
    const wrong: FieldInput[] = []
    for (const input of inputs) {
      const read = input.read()
      input.tell('problem' in read ? read.problem : undefined)
      if ('problem' in read) wrong.push(input)
      else if ('value' in read) args[input.name] = read.value
    }
    if (wrong.length > 0) return stopAt(wrong[0], 'Not fired: see what is wrong above.')
    button.disabled = true
    const answer = await send({ type: 'fireHook', hook: hook.name, args, queue: queue.checked })
    button.disabled = false
    if (answer.ok) {
      waitingFor = answer.firing === undefined ? undefined : { firing: answer.firing, after: store.now }
      say('busy', queue.checked ? 'Putting it on the queue…' : 'Running…')
      return look()
    }
    const { problems = [] } = answer
    for (const { argument, message } of problems)
      inputs.find(({ name }) => name === argument)?.tell(sentence(message, argument))
    stopAt(
      inputs.find(({ name }) => name === problems[0]?.argument),
      problems.length > 0
        ? 'Not fired: see what is wrong above.'
        : [answer.message, answer.hint ?? ''].join('\n').trim(),
    )
  }

  function stopAt(input: FieldInput | undefined, text: string): void {
    say('bad', text)
    input?.focus()
  }

  /** What came of it, once an event tells. */
  function look(): void {
    const events = store.events.filter(({ firing }) => firing !== undefined && firing === waitingFor?.firing)
    const last = events.at(-1)
    if (last === undefined) return
    const isOver = ['hook.finished', 'hook.failed', 'hook.dead', 'hook.dropped'].includes(last.type)
    if (isOver) waitingFor = undefined
    say(last.tone, last.text, ...last.details.map((line) => h('div', { class: 'detail' }, line)))
  }

  function say(tone: string, text: string, ...more: readonly Child[]): void {
    fill(outcome, h('p', { class: tone }, text), ...more)
  }

  return form
}

/** `argument "depth" expected number, received "ten"`, beside the field that it is about. */
const sentence = (message: string, argument: string): string => {
  const text = message.replace(new RegExp(`^argument "${argument.replaceAll(/\W/g, '.')}" (?:is )?`), '')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function fieldInput(field: Field, hook: string): FieldInput {
  const { name, expects, required, kind } = field
  const id = `arg-${hook}-${name}`
  const control = controlOf(field, id)
  const problem = h('p', { class: 'error', id: `${id}-problem` })
  const note = [
    kind === 'json' ? `${expects}, as JSON` : expects,
    required ? '' : 'may be left out',
    field.default === undefined ? '' : `default ${field.default}`,
  ]
  control.setAttribute('aria-describedby', `${id}-note ${id}-problem`)
  const element = h(
    'div',
    { class: `field ${kind}` },
    h('label', { for: id }, name),
    control,
    h('p', { class: 'hint', id: `${id}-note` }, note.filter(Boolean).join(' · ')),
    problem,
  )
  return {
    name,
    element,
    read: () => readControl(control, field),
    tell(text) {
      fill(problem, text)
      if (text === undefined) control.removeAttribute('aria-invalid')
      else control.setAttribute('aria-invalid', 'true')
    },
    focus: () => control.focus(),
  }
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement

function controlOf({ kind, choices, required, default: preset }: Field, id: string): Control {
  const common = { id, 'aria-required': String(required) }
  const value = preset === undefined ? '' : String(JSON.parse(preset) as string | number)
  switch (kind) {
    case 'boolean':
    case 'choice': {
      const values = kind === 'boolean' ? ['true', 'false'] : choices
      const options = values.map((value) => h('option', { value, selected: value === preset }, label(value)))
      return h('select', common, h('option', { value: '' }, required ? 'choose…' : 'left out'), ...options)
    }
    case 'json':
      return h('textarea', { ...common, rows: 3, spellcheck: 'false' }, preset ?? '')
    case 'date':
      return h('input', {
        ...common,
        type: 'text',
        placeholder: '2026-01-31T12:00:00Z',
        value,
        spellcheck: 'false',
      })
    default: {
      const isNumber = kind === 'number' || kind === 'integer' || kind === 'bigint'
      return h('input', {
        ...common,
        // No number field: those round, and say nothing of what they do not take.
        type: 'text',
        inputmode: isNumber ? (kind === 'number' ? 'decimal' : 'numeric') : undefined,
        value,
        autocomplete: 'off',
        spellcheck: 'false',
      })
    }
  }
}

const label = (json: string): string => {
  const value = JSON.parse(json) as unknown
  return typeof value === 'string' ? value : json
}

/** As far as it can be typed at all; whether it fits is for the hook's schema to say. */
function readControl(control: Control, { kind, required, nullable }: Field): Encoded {
  const text = control.value
  if (text === '' && (!required || kind !== 'text')) return { left: true }
  const trimmed = text.trim()
  if (nullable && trimmed === 'null') return { value: null }
  switch (kind) {
    case 'text':
      return { value: text }
    case 'boolean':
    case 'choice':
      return { value: JSON.parse(text) as unknown }
    case 'number':
    case 'integer':
      return numberOf(trimmed)
    case 'bigint':
      return /^[+-]?\d+$/.test(trimmed)
        ? { value: { $pawl: 'bigint', value: trimmed.replace(/^\+/, '') } }
        : { problem: `Expected a whole number, received “${trimmed}”` }
    case 'date': {
      const time = Date.parse(trimmed)
      return Number.isNaN(time)
        ? { problem: `Expected a time such as 2026-01-31T12:00:00Z, received “${trimmed}”` }
        : { value: { $pawl: 'date', value: time } }
    }
    case 'json':
      try {
        return { value: JSON.parse(text) as unknown }
      } catch (error) {
        return { problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` }
      }
  }
}

/** What is no number goes as the text that it is: the hook's schema says it best. One that would be rounded is told here. */
function numberOf(text: string): Encoded {
  const value = Number(text)
  if (text === '' || Number.isNaN(value)) return { value: text }
  if (/^[+-]?\d+$/.test(text) && !Number.isSafeInteger(value))
    return { problem: `${text} is more than a number can hold exactly` }
  return { value }
}
