import type { Chart, ChartArrow, ChartState } from './chart.ts'

/**
 * A statechart as a Mermaid `stateDiagram-v2`: its states, what takes each out of them, and what they handle inside.
 * The same chart always gives the same text.
 */
export function toMermaid({ root, arrows }: Chart): string {
  return ['stateDiagram-v2', ...inside(root, arrows).map((line) => `  ${line}`), ''].join('\n')
}

function inside(parent: ChartState, arrows: readonly ChartArrow[]): string[] {
  return [
    ...parent.states.flatMap((child) => declaration(child, arrows)),
    ...anywhere(parent, arrows),
    ...(parent.initial === undefined ? [] : [`[*] --> ${idOf(parent.initial)}`]),
    // Mermaid puts a state where it is first named, so an arrow goes where both of its ends are.
    ...arrows.filter(({ scope }) => scope === parent.id).map(arrowLine),
    ...parent.states.filter(({ final }) => final).map(({ id }) => `${idOf(id)} --> [*]`),
  ]
}

function declaration(state: ChartState, arrows: readonly ChartArrow[]): string[] {
  const id = idOf(state.id)
  const title = `state "${[state.key, ...invoked(state)].join('<br>')}" as ${id}`
  if (state.states.length > 0) return [`${title} {`, ...inside(state, arrows).map((line) => `  ${line}`), '}']
  return [title, ...state.handles.map((text) => `${id} : ${text}`)]
}

/**
 * What a state with others in it does in whichever of them it is: a box of its own among them, because Mermaid cannot
 * draw an arrow from a composite state to what it contains.
 */
function anywhere(parent: ChartState, arrows: readonly ChartArrow[]): string[] {
  const id = anywhereIn(parent.id)
  const texts = [...(parent.parent === undefined ? invoked(parent) : []), ...parent.handles]
  const leads = arrows.some(({ source, inward }) => inward && source === parent.id)
  if (texts.length === 0 && !leads) return []
  return [`state "anywhere in ${parent.key}" as ${id}`, ...texts.map((text) => `${id} : ${text}`)]
}

function arrowLine({ source, target, inward, triggers }: ChartArrow): string {
  const from = inward ? anywhereIn(source) : idOf(source)
  return `${from} --> ${idOf(target)} : ${triggers.join('<br>')}`
}

const invoked = ({ invokes }: ChartState): string[] => invokes.map((actor) => `invokes ${actor}`)
const idOf = (id: string): string => id.replaceAll(/\W/g, '_')
const anywhereIn = (id: string): string => `${idOf(id)}__anywhere`
