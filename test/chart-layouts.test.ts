import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AnyStateMachine } from 'xstate'
import { hooksMachine } from '../machines/hooks.machine.ts'
import { indexMachine } from '../machines/index.machine.ts'
import { indexerMachine } from '../machines/indexer.machine.ts'
import { jobMachine } from '../machines/job.machine.ts'
import { rootMachine } from '../machines/root.machine.ts'
import { schedulerMachine } from '../machines/scheduler.machine.ts'
import { watcherMachine } from '../machines/watcher.machine.ts'
import { allStates, chartOf } from '../src/diagrams/chart.ts'
import type { Box, ChartLayout, LaidOutNode } from '../src/diagrams/chart-layout.ts'
import { layOutChart } from '../src/diagrams/lay-out-chart.ts'
import { TEXT_SIZE, TITLE_SIZE } from '../src/diagrams/state-writing.ts'
import { toSvg } from '../src/diagrams/svg.ts'
import { textWidth } from '../src/diagrams/text-width.ts'

const MACHINES: readonly AnyStateMachine[] = [
  hooksMachine,
  indexMachine,
  indexerMachine,
  jobMachine,
  rootMachine,
  schedulerMachine,
  watcherMachine,
]

for (const machine of MACHINES) {
  describe(`the layout of ${machine.id}`, async () => {
    const chart = chartOf(machine)
    const layout = await layOutChart(chart)
    const { nodes, edges } = layout

    test('has every state, by the ids that a running machine tells, and every way between them', () => {
      const states = nodes.filter(({ kind }) => kind !== 'initial' && kind !== 'any').map(({ id }) => id)
      assert.deepEqual(
        states,
        allStates(chart.root).map(({ id }) => id),
      )
      for (const id of states) assert.equal(machine.getStateNodeById(id).id, id)
      const told = edges.flatMap(({ events }) => events)
      assert.equal(told.length, chart.arrows.flatMap(({ events }) => events).length)
    })

    test('no text runs out of its box', () => {
      for (const node of nodes) for (const text of node.texts) assertInside(textBox(text), node, text.text)
      for (const { labelBox } of edges) {
        for (const line of labelBox?.lines ?? [])
          assert.ok(textWidth(line, TEXT_SIZE) <= (labelBox?.width ?? 0), line)
      }
    })

    test('every box is inside of its parent, and beside its siblings', () => {
      for (const node of nodes) {
        const parent = nodes.find(({ id }) => id === node.parent) ?? { ...layout, x: 0, y: 0 }
        assertInside(node, parent, node.id)
        for (const other of nodes) {
          if (other !== node && other.parent === node.parent)
            assert.ok(!overlap(node, other), `${node.id} ${other.id}`)
        }
      }
    })

    test('no label is on a state, or on another label', () => {
      const boxes = edges.flatMap(({ labelBox }) => labelBox ?? [])
      for (const box of boxes) {
        assertInside(box, { ...layout, x: 0, y: 0 }, box.lines.join())
        for (const node of nodes.filter(isLeaf))
          assert.ok(!overlap(box, node), `${box.lines.join()} on ${node.id}`)
        for (const other of boxes)
          assert.ok(other === box || !overlap(box, other), `${box.lines.join()} on a label`)
      }
    })

    test('every arrow leads from the border of its source to that of its target', () => {
      for (const { id, source, target, points } of edges) {
        assert.ok(points.length >= 2, id)
        assert.ok(onBorder(points[0], nodes, source), `${id} begins at its source`)
        assert.ok(onBorder(points.at(-1), nodes, target), `${id} ends at its target`)
      }
    })

    test('is the same each time', async () => {
      assert.equal(toSvg(await layOutChart(chartOf(machine))), toSvg(layout))
    })

    test('makes a picture that brings light and dark, and asks for nothing from elsewhere', () => {
      const svg = toSvg(layout)
      assert.match(svg, /prefers-color-scheme: dark/)
      assert.doesNotMatch(svg.replace('http://www.w3.org/2000/svg', ''), /https?:|<script|@import|url\(/)
    })
  })
}

const isLeaf = ({ kind }: LaidOutNode): boolean => kind !== 'compound'

function textBox({ text, kind, x, y }: LaidOutNode['texts'][number]): Box {
  const size = kind === 'title' ? TITLE_SIZE : TEXT_SIZE
  const width = textWidth(text, size, kind === 'title')
  return { x: kind === 'handles' ? x : x - width / 2, y: y - size, width, height: size }
}

function assertInside(inner: Box, outer: Box, what: string): void {
  assert.ok(inner.x >= outer.x && inner.y >= outer.y, what)
  assert.ok(inner.x + inner.width <= outer.x + outer.width, what)
  assert.ok(inner.y + inner.height <= outer.y + outer.height, what)
}

const overlap = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height

/** Give or take the rounding to whole px. */
function onBorder(
  point: { readonly x: number; readonly y: number } | undefined,
  nodes: ChartLayout['nodes'],
  id: string,
): boolean {
  const box = nodes.find((node) => node.id === id)
  if (point === undefined || box === undefined) return false
  const { x, y, width } = box
  const height = box.height
  const near = (one: number, other: number): boolean => Math.abs(one - other) <= 1
  const across = point.x >= x - 1 && point.x <= x + width + 1
  const along = point.y >= y - 1 && point.y <= y + height + 1
  return (
    (across && (near(point.y, y) || near(point.y, y + height))) ||
    (along && (near(point.x, x) || near(point.x, x + width)))
  )
}
