import type { ElkExtendedEdge, ElkLabel, ElkNode } from 'elkjs/lib/elk.bundled.js'
import { allStates, type Chart, type ChartArrow, type ChartState } from './chart.ts'
import { ANY_TEXT, heading, stateWriting, TEXT_SIZE, type Writing } from './state-writing.ts'
import { textWidth, wrapText } from './text-width.ts'

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.spacing.edgeLabel': '4',
} as const

/** px. */
export const LABEL_LINE = 14
const LABEL_WIDTH = 120
const DOT = 12
const PILL_HEIGHT = 24
const INSIDE = 18

export const initialOf = (state: string): string => `${state}.$initial`
export const anyOf = (state: string): string => `${state}.$any`

/** px: by how much more room the boxes of states have than what is in them needs. */
export type Wider = ReadonlyMap<string, number>

/**
 * A chart as elk takes it: boxes in boxes with their sizes, and arrows with their labels' sizes. Arrows lead down the page
 * in the order of the machine's file, as it is read: one that leads back is told to elk the other way round, whose own way
 * of it fails where there are boxes in boxes.
 */
export function chartGraph({ root, arrows }: Chart, wider: Wider = new Map()): ElkNode {
  const edges = arrows.map((arrow) => arrowEdge(arrow, leadsBack({ root, arrows }, arrow)))
  return {
    id: '',
    layoutOptions: OPTIONS,
    children: [stateNode(root, arrows, wider)],
    edges: [...initialEdges(root), ...edges],
  }
}

export function leadsBack({ root }: Chart, { source, target, inward }: ChartArrow): boolean {
  const order = allStates(root).map(({ id }) => id)
  return !inward && order.indexOf(target) < order.indexOf(source)
}

/** The root's long list is no part of it: it is put below, when the width is known. */
export function writingOf(state: ChartState): Writing {
  return state.parent === undefined ? heading(state.key, state.invokes) : stateWriting(state)
}

/** A guard goes below its event where both are too long for a line. */
export function labelLines(triggers: readonly string[]): readonly string[] {
  return triggers.flatMap((trigger) =>
    textWidth(trigger, TEXT_SIZE) <= LABEL_WIDTH
      ? [trigger]
      : trigger.split(/ (?=\[)/).flatMap((part) => wrapText(part, TEXT_SIZE, LABEL_WIDTH + TEXT_SIZE * 2)),
  )
}

function stateNode(state: ChartState, arrows: readonly ChartArrow[], wider: Wider): ElkNode {
  const { width, height } = writingOf(state)
  if (state.states.length === 0) return { id: state.id, width, height }
  const side = INSIDE + (wider.get(state.id) ?? 0) / 2
  const children: ElkNode[] = []
  if (state.initial !== undefined) children.push({ id: initialOf(state.id), width: DOT, height: DOT })
  if (arrows.some(({ source, inward }) => inward && source === state.id))
    children.push({ id: anyOf(state.id), width: textWidth(ANY_TEXT, TEXT_SIZE) + 20, height: PILL_HEIGHT })
  return {
    id: state.id,
    children: [...children, ...state.states.map((child) => stateNode(child, arrows, wider))],
    layoutOptions: {
      ...OPTIONS,
      'elk.padding': `[top=${height + INSIDE},left=${side},bottom=${INSIDE},right=${side}]`,
    },
  }
}

function initialEdges(root: ChartState): ElkExtendedEdge[] {
  return allStates(root).flatMap(({ id, initial }) =>
    initial === undefined ? [] : [{ id: initialOf(id), sources: [initialOf(id)], targets: [initial] }],
  )
}

function arrowEdge({ source, target, inward, triggers }: ChartArrow, back: boolean): ElkExtendedEdge {
  const from = inward ? anyOf(source) : source
  return {
    id: `${source} → ${target}`,
    sources: [back ? target : from],
    targets: [back ? from : target],
    labels: [labelSize(labelLines(triggers))],
  }
}

function labelSize(lines: readonly string[]): ElkLabel {
  const width = Math.max(...lines.map((line) => textWidth(line, TEXT_SIZE))) + 12
  return {
    text: lines.join('\n'),
    width,
    height: lines.length * LABEL_LINE + 6,
    // On the arrow, which so needs no room beside it.
    layoutOptions: { 'elk.edgeLabels.inline': 'true' },
  }
}
