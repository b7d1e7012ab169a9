import elk, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk.bundled.js'
import { arrowPath } from './arrow-path.ts'
import { anyOf, chartGraph, initialOf, labelLines, leadsBack, writingOf, type Wider } from './chart-graph.ts'
import type { Box, ChartLayout, LaidOutEdge, LaidOutNode, LaidOutText } from './chart-layout.ts'
import { allStates, type Chart, type ChartState } from './chart.ts'
import { ANY_TEXT, footWriting, type Writing } from './state-writing.ts'

type Boxes = ReadonlyMap<string, Box>

/** Finds a place for everything in a chart. The same chart always gives the same layout. */
export async function layOutChart(chart: Chart): Promise<ChartLayout> {
  const narrow = await placed(chart)
  // Elk makes a box with others in it no wider than they are, which what is written above them may be.
  const missing = allStates(chart.root).map((state): [string, number] => [
    state.id,
    writingOf(state).width - (narrow.boxes.get(state.id)?.width ?? 0),
  ])
  const wider = new Map(missing.filter(([, width]) => width > 0))
  const { laidOut, boxes } = wider.size === 0 ? narrow : await placed(chart, wider)
  const [root, ...others] = allStates(chart.root).flatMap((state) => statesNodes(state, boxes))
  if (root === undefined) throw new Error('A chart without a state.')
  // What the machine takes in every state is a long list, which is put below all else: the picture comes first.
  const list = footWriting(chart.root.handles, root.width)
  return {
    machine: chart.root.id,
    width: boxOf(laidOut).width,
    height: boxOf(laidOut).height + list.height,
    nodes: [
      {
        ...root,
        height: root.height + list.height,
        texts: [...root.texts, ...movedTexts(list, { ...root, y: root.y + root.height })],
        rule: list.texts.length > 0 ? root.y + root.height : undefined,
      },
      ...others,
    ],
    edges: edgesOf(chart, laidOut.edges ?? []),
  }
}

async function placed(
  chart: Chart,
  wider?: Wider,
): Promise<{ readonly laidOut: ElkNode; readonly boxes: Boxes }> {
  const laidOut = await new elk.default().layout(chartGraph(chart, wider))
  return { laidOut, boxes: new Map(allNodes(laidOut).map((node) => [node.id, boxOf(node)])) }
}

/** A state's box, and the dot and the pill that are in it. */
function statesNodes(state: ChartState, boxes: Boxes): LaidOutNode[] {
  const { id, key, parent, final, states } = state
  const box = boxes.get(id)
  if (box === undefined) return []
  const writing = writingOf(state)
  const kind = final ? 'final' : states.length > 0 ? 'compound' : 'state'
  const rule = writing.rule === undefined ? undefined : box.y + writing.rule
  return [
    { id, label: key, kind, parent, ...box, texts: movedTexts(writing, box), rule },
    ...markNode(initialOf(id), 'initial', id, boxes),
    ...markNode(anyOf(id), 'any', id, boxes),
  ]
}

function markNode(id: string, kind: 'initial' | 'any', parent: string, boxes: Boxes): LaidOutNode[] {
  const box = boxes.get(id)
  if (box === undefined) return []
  const texts: LaidOutText[] =
    kind === 'any' ? [{ text: ANY_TEXT, kind: 'invokes', x: box.x + box.width / 2, y: box.y + 16 }] : []
  return [{ id, label: kind === 'any' ? ANY_TEXT : '', kind, parent, ...box, texts, rule: undefined }]
}

function movedTexts({ texts }: Writing, { x, y, width }: Box): LaidOutText[] {
  return texts.map((text) => ({
    ...text,
    x: text.kind === 'handles' ? x + text.x : x + width / 2,
    y: y + text.y,
  }))
}

function edgesOf(chart: Chart, laidOut: readonly ElkExtendedEdge[]): LaidOutEdge[] {
  const arrowOf = new Map(chart.arrows.map((arrow) => [`${arrow.source} → ${arrow.target}`, arrow]))
  return laidOut.map(
    ({ id, sources: [from = ''], targets: [to = ''], sections = [], labels: [label] = [] }) => {
      const arrow = arrowOf.get(id)
      const forwards = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) =>
        [startPoint, ...bendPoints, endPoint].map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })),
      )
      const back = arrow !== undefined && leadsBack(chart, arrow)
      const points = back ? forwards.toReversed() : forwards
      return {
        id,
        source: back ? to : from,
        target: back ? from : to,
        events: arrow?.events ?? [],
        label: arrow?.triggers ?? [],
        points,
        ...arrowPath(points),
        labelBox:
          label === undefined ? undefined : { ...boxOf(label), lines: labelLines(arrow?.triggers ?? []) },
      }
    },
  )
}

const allNodes = (node: ElkNode): ElkNode[] => [node, ...(node.children ?? []).flatMap(allNodes)]

/** Whole px, so that the last digits of a calculation do not make another file. */
const boxOf = ({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box => ({
  x: Math.round(x),
  y: Math.round(y),
  width: Math.round(width),
  height: Math.round(height),
})
