import type { AnyStateNode, AnyTransitionDefinition } from 'xstate'

/** What takes a transition: its event and guard, in words. */
export function triggerText({ eventType, guard, source }: AnyTransitionDefinition): string {
  const event = eventText(String(eventType), source)
  const condition = guard === undefined ? '' : `[${nameOfImplementation(guard)}]`
  return [event, condition].filter((text) => text !== '').join(' ') || 'always'
}

/** What is done when it is taken. */
export const actionsText = ({ actions }: AnyTransitionDefinition): string =>
  actions.map(nameOfImplementation).join(', ') || 'nothing'

/** The actors that run while the machine is in the state. */
export const invokedText = (node: AnyStateNode): string[] =>
  node.invoke.map(({ src, id }) => (typeof src === 'string' ? src : id))

/** `xstate.done.actor.work` is `prepare done`, where the invocation `work` of that state runs `prepare`. */
function eventText(type: string, node: AnyStateNode): string {
  // `always` has no event.
  if (!type.startsWith('xstate.')) return type
  const [, kind, subject, ...rest] = type.split('.')
  if (kind === 'after') return `after ${subject}`
  if (kind === 'done' && subject === 'state') return 'done'
  const id = rest.join('.')
  const source = node.invoke.find((invocation) => invocation.id === id)?.src
  const actor = id === '*' ? 'any child' : typeof source === 'string' ? source : id
  return `${actor} ${kind === 'done' ? 'done' : 'failed'}`
}

/** The name of an action or guard; of `and`, `or` and `not` with what they join. */
function nameOfImplementation(implementation: unknown): string {
  if (typeof implementation === 'string') return implementation
  const { type, name, guards } = implementation as {
    readonly type?: string
    readonly name?: string
    readonly guards?: readonly unknown[]
  }
  if (guards === undefined) return type ?? name ?? 'inline'
  const joined = guards.map(nameOfImplementation)
  return name === 'not' ? `not ${joined.join('')}` : joined.join(name === 'or' ? ' or ' : ' and ')
}
