import type { ShownTransition } from '../shown.ts'
import { s, set, toggle } from './dom.ts'
import { leavesOf } from './leaves-of.ts'

interface Point {
  readonly x: number
  readonly y: number
}

interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** As `npm run diagrams` lays a machine out: see `src/diagrams/chart-layout.ts`. */
interface ChartLayout {
  readonly machine: string
  readonly width: number
  readonly height: number
  readonly nodes: readonly (Box & {
    readonly id: string
    readonly label: string
    readonly kind: 'state' | 'compound' | 'final' | 'initial' | 'any'
    readonly parent?: string
    readonly texts: readonly (Point & { readonly text: string; readonly kind: string })[]
    readonly rule?: number
  })[]
  readonly edges: readonly {
    readonly id: string
    readonly source: string
    readonly target: string
    readonly events: readonly string[]
    readonly label: readonly string[]
    readonly path: string
    readonly head: string
    readonly labelBox?: Box & { readonly lines: readonly string[] }
  }[]
}

/** px: between the lines of a label. */
const LINE = 14
/** A statechart as a drawing in which states are lit. */
export class Chart {
  readonly element: SVGSVGElement
  readonly machine: string
  readonly #layout: ChartLayout
  readonly #states = new Map<string, SVGGElement>()
  readonly #arrows = new Map<string, SVGGElement>()

  private constructor(layout: ChartLayout) {
    this.#layout = layout
    this.machine = layout.machine
    const { width, height } = layout
    this.element = s('svg', {
      class: 'chart',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': `Statechart of ${layout.machine}`,
    })
    for (const node of layout.nodes) this.#addNode(node)
    for (const edge of layout.edges) this.#addArrow(edge)
  }

  static async load(machine: string): Promise<Chart | undefined> {
    const response = await fetch(`/charts/${machine}.json`)
    return response.ok ? new Chart((await response.json()) as ChartLayout) : undefined
  }

  /** Lights the states that these ids are of. */
  light(states: readonly string[]): void {
    const lit = new Set(states)
    const innermost = leavesOf(states)
    for (const [id, element] of this.#states) {
      toggle(element, 'data-lit', lit.has(id))
      toggle(element, 'data-innermost', innermost.includes(id))
    }
    const name = innermost.map((id) => id.split('.').slice(1).join(', ')).join(' and ')
    set(
      this.element,
      'aria-label',
      `Statechart of ${this.machine}, ${name === '' ? 'not running' : `in ${name}`}`,
    )
  }

  /** Marks the arrow that was taken last. */
  mark(transition: ShownTransition | undefined): void {
    const taken = transition === undefined ? undefined : this.#arrowOf(transition)
    for (const [id, element] of this.#arrows) toggle(element, 'data-taken', id === taken)
  }

  /** The state that is lit, to scroll to. */
  get lit(): SVGGElement | undefined {
    return [...this.#states.values()].find((element) => element.hasAttribute('data-innermost'))
  }

  #arrowOf({ event, from, to }: ShownTransition): string | undefined {
    const isAt = (node: string, leaf: string | undefined): boolean =>
      leaf !== undefined && (leaf === node || leaf.startsWith(`${node}.`))
    const [source] = from
    const [target] = to
    const fits = this.#layout.edges.filter(
      (edge) =>
        isAt(edge.target, target) &&
        isAt(edge.source.replace(/\.\$any$/, ''), source) &&
        !edge.source.endsWith('$initial'),
    )
    // An `always` follows on an event of another arrow, and is told of by that event.
    return (
      fits.find(({ events }) => events.includes(event)) ??
      fits.find(({ events }) => events.length === 0) ??
      fits[0]
    )?.id
  }

  #addNode({ id, kind, x, y, width, height, texts, rule }: ChartLayout['nodes'][number]): void {
    const group = s('g', { class: `node ${kind}`, 'data-state': id })
    if (kind === 'initial') {
      group.append(s('circle', { cx: x + width / 2, cy: y + height / 2, r: width / 2 }))
    } else {
      const rx = kind === 'any' ? height / 2 : 8
      group.append(s('rect', { x, y, width, height, rx }))
      if (kind === 'final')
        group.append(
          s('rect', { class: 'ring', x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: rx - 2 }),
        )
      if (rule !== undefined) group.append(s('path', { class: 'rule', d: `M${x} ${rule}h${width}` }))
      for (const text of texts) group.append(s('text', { class: text.kind, x: text.x, y: text.y }, text.text))
      if (kind !== 'any') this.#states.set(id, group)
    }
    this.element.append(group)
  }

  #addArrow({ id, path, head, labelBox }: ChartLayout['edges'][number]): void {
    const group = s(
      'g',
      { class: 'arrow' },
      s('path', { class: 'line', d: path }),
      s('path', { class: 'head', d: 'M0 0-8-4v8z', transform: head }),
    )
    if (labelBox !== undefined) {
      const { x, y, width, height, lines } = labelBox
      group.append(
        s('rect', { class: 'pill', x, y, width, height, rx: 4 }),
        ...lines.map((line, at) =>
          s('text', { class: 'label', x: x + width / 2, y: y + 14 + at * LINE }, line),
        ),
      )
    }
    this.#arrows.set(id, group)
    this.element.append(group)
  }
}
