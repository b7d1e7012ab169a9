import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { handledText, invokedText, triggerText } from './transition-text.ts'

/**
 * A statechart as a Mermaid `stateDiagram-v2`: its states, what takes each out of them, and what they handle inside.
 * The same machine always gives the same text.
 */
export function toMermaid({ root }: AnyStateMachine): string {
  const arrows = [root, ...descendants(root)].flatMap(arrowsFrom)
  return ['stateDiagram-v2', ...inside(root, arrows).map((line) => `  ${line}`), ''].join('\n')
}

/** From a state, or from the box that stands for being anywhere inside one, to another. */
interface Arrow {
  readonly from: string
  readonly to: string
  readonly label: string
  /** The innermost state that both ends are in. Mermaid puts a state where it is first named, so the arrow goes there. */
  readonly scope: AnyStateNode
}

function inside(parent: AnyStateNode, arrows: readonly Arrow[]): string[] {
  const children = Object.values(parent.states)
  const first = parent.type === 'parallel' ? undefined : parent.initial.target[0]
  return [
    ...children.flatMap((child) => declaration(child, arrows)),
    ...anywhere(parent, arrows),
    ...(first === undefined ? [] : [`[*] --> ${idOf(first)}`]),
    ...merged(arrows.filter(({ scope }) => scope === parent)),
    ...children.filter(({ type }) => type === 'final').map((child) => `${idOf(child)} --> [*]`),
  ]
}

function declaration(node: AnyStateNode, arrows: readonly Arrow[]): string[] {
  const id = idOf(node)
  const title = `state "${[node.key, ...invokedText(node)].join('<br>')}" as ${id}`
  if (isComposite(node)) return [`${title} {`, ...inside(node, arrows).map((line) => `  ${line}`), '}']
  return [title, ...handledIn(node).map((text) => `${id} : ${text}`)]
}

/**
 * What a state with others in it does in whichever of them it is: a box of its own among them, because Mermaid cannot
 * draw an arrow from a composite state to what it contains.
 */
function anywhere(parent: AnyStateNode, arrows: readonly Arrow[]): string[] {
  const id = anywhereIn(parent)
  const texts = [...(parent.parent === undefined ? invokedText(parent) : []), ...handledIn(parent)]
  if (texts.length === 0 && arrows.every(({ from }) => from !== id)) return []
  return [`state "anywhere in ${parent.key}" as ${id}`, ...texts.map((text) => `${id} : ${text}`)]
}

function arrowsFrom(node: AnyStateNode): Arrow[] {
  return transitionsOf(node).flatMap((transition) =>
    (transition.target ?? []).map((target) => {
      const inward = ancestors(target).includes(node)
      return {
        from: inward ? anywhereIn(node) : idOf(node),
        to: idOf(target),
        label: triggerText(transition),
        scope: inward ? node : commonAncestor(node, target),
      }
    }),
  )
}

/** What leads from one state to the same other one shares an arrow. */
function merged(arrows: readonly Arrow[]): string[] {
  const labels = new Map<string, string[]>()
  for (const { from, to, label } of arrows) {
    const ends = `${from} --> ${to}`
    labels.set(ends, [...(labels.get(ends) ?? []), label])
  }
  return [...labels].map(([ends, texts]) => `${ends} : ${texts.join('<br>')}`)
}

const handledIn = (node: AnyStateNode): string[] =>
  transitionsOf(node)
    .filter(({ target }) => target === undefined || target.length === 0)
    .map(handledText)

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]

const isComposite = (node: AnyStateNode): boolean => Object.keys(node.states).length > 0

const descendants = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states).flatMap((child) => [child, ...descendants(child)])

const ancestors = ({ parent }: AnyStateNode): AnyStateNode[] =>
  parent === undefined ? [] : [parent, ...ancestors(parent)]

function commonAncestor(one: AnyStateNode, other: AnyStateNode): AnyStateNode {
  const above = ancestors(other)
  return ancestors(one).find((node) => above.includes(node)) ?? one.machine.root
}

const idOf = (node: AnyStateNode): string => node.id.replaceAll(/\W/g, '_')
const anywhereIn = (node: AnyStateNode): string => `${idOf(node)}__anywhere`
