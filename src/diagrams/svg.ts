import type { ChartLayout, LaidOutEdge, LaidOutNode } from './chart-layout.ts'
import { LABEL_LINE } from './chart-graph.ts'
import { TEXT_SIZE, TITLE_SIZE } from './state-writing.ts'
import { FONT_FAMILY } from './text-width.ts'

// Light and dark are the reader's: an <img> follows the system's setting, so the picture brings its own background.
const STYLE = `
  svg { --page: #ffffff; --box: #f6f8fa; --inner: #ffffff; --line: #b6bfc9; --text: #1f2328; --soft: #59636e; --arrow: #818b98; --mark: #0969da }
  @media (prefers-color-scheme: dark) {
    svg { --page: #0d1117; --box: #151b23; --inner: #212830; --line: #3d444d; --text: #f0f6fc; --soft: #9198a1; --arrow: #656c76; --mark: #4493f8 }
  }
  text { font: ${TEXT_SIZE}px ${FONT_FAMILY}; fill: var(--text) }
  .page { fill: var(--page) }
  .compound { fill: var(--box); stroke: var(--line) }
  .state, .final { fill: var(--inner); stroke: var(--line) }
  .ring { fill: none; stroke: var(--line) }
  .any { fill: none; stroke: var(--arrow); stroke-dasharray: 3 3 }
  .initial { fill: var(--mark) }
  .rule { stroke: var(--line); stroke-width: 0.5 }
  .title { font-weight: 600; font-size: ${TITLE_SIZE}px; text-anchor: middle }
  .invokes { fill: var(--mark); text-anchor: middle }
  .handles { fill: var(--soft) }
  .arrow { fill: none; stroke: var(--arrow); stroke-width: 1.25 }
  .head { fill: var(--arrow) }
  .label { text-anchor: middle }
  .pill { fill: var(--box) }
`

/** A picture of its own: no script, no font, nothing from elsewhere. */
export function toSvg({ machine, width, height, nodes, edges }: ChartLayout): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">Statechart of the machine ${escaped(machine)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}" rx="6"/>`,
    ...nodes.map(nodeSvg),
    ...edges.map(arrowSvg),
    ...edges.flatMap(labelSvg),
    '</svg>',
    '',
  ].join('\n')
}

function nodeSvg({ kind, x, y, width, height, texts, rule }: LaidOutNode): string {
  if (kind === 'initial')
    return `<circle class="initial" cx="${x + width / 2}" cy="${y + height / 2}" r="${width / 2}"/>`
  const radius = kind === 'any' ? height / 2 : 8
  const parts = [box(kind, x, y, width, height, radius)]
  if (kind === 'final') parts.push(box('ring', x + 3, y + 3, width - 6, height - 6, radius - 2))
  if (rule !== undefined) parts.push(`<path class="rule" d="M${x} ${rule}h${width}"/>`)
  for (const text of texts) parts.push(textSvg(text.kind, text.x, text.y, text.text))
  return parts.join('')
}

const arrowSvg = ({ path, head }: LaidOutEdge): string =>
  `<path class="arrow" d="${path}"/><path class="head" d="M0 0-8-4v8z" transform="${head}"/>`

function labelSvg({ labelBox }: LaidOutEdge): string[] {
  if (labelBox === undefined) return []
  const { x, y, width, height, lines } = labelBox
  return [
    box('pill', x, y, width, height, 4) +
      lines
        .map((line, at) => textSvg('label', x + width / 2, y + 3 + TEXT_SIZE - 1 + at * LABEL_LINE, line))
        .join(''),
  ]
}

const box = (kind: string, x: number, y: number, width: number, height: number, radius: number): string =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`

const textSvg = (kind: string, x: number, y: number, text: string): string =>
  `<text class="${kind}" x="${x}" y="${y}">${escaped(text)}</text>`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
