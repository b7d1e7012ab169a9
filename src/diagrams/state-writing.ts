import type { ChartState } from './chart.ts'
import type { LaidOutText } from './chart-layout.ts'
import { textWidth, wrapText } from './text-width.ts'

/** px: of names of states, and of all else. */
export const TITLE_SIZE = 14
export const TEXT_SIZE = 11

const LINE_HEIGHT = 15
const PADDING = 10
/** Of a column of what a state handles: the longest are wrapped. */
const COLUMN = 250
const INDENT = 8

export const ANY_TEXT = 'in any state'

/** What is written in a state's box, from the box's top left; the middle of titles is to be moved to the box's. */
export interface Writing {
  readonly texts: readonly LaidOutText[]
  readonly rule: number | undefined
  readonly width: number
  readonly height: number
}

/** Its name and the actors that it invokes, and below them what it handles. */
export function stateWriting({ key, invokes, handles }: ChartState): Writing {
  const head = heading(key, invokes)
  if (handles.length === 0) return head
  const list = handledWriting(handles, COLUMN)
  return {
    texts: [...head.texts, ...list.texts.map((text) => ({ ...text, y: text.y + head.height }))],
    rule: head.height,
    width: Math.max(head.width, list.width),
    height: head.height + list.height,
  }
}

export function heading(key: string, invokes: readonly string[]): Writing {
  const texts: LaidOutText[] = [{ text: key, kind: 'title', x: 0, y: PADDING + TITLE_SIZE - 2 }]
  for (const actor of invokes)
    texts.push({
      text: `invokes ${actor}`,
      kind: 'invokes',
      x: 0,
      y: PADDING + TITLE_SIZE - 2 + LINE_HEIGHT * texts.length + 1,
    })
  const widest = Math.max(
    textWidth(key, TITLE_SIZE, true),
    ...invokes.map((actor) => textWidth(`invokes ${actor}`, TEXT_SIZE)),
  )
  const last = texts.at(-1)?.y ?? 0
  return { texts, rule: undefined, width: widest + 2 * PADDING, height: last + PADDING }
}

/** What a machine handles wherever it is: below all of its states, under a line that says so. */
export function footWriting(handles: readonly string[], room: number): Writing {
  if (handles.length === 0) return { texts: [], rule: undefined, width: 0, height: 0 }
  const list = handledWriting(handles, room)
  const head: LaidOutText = { text: `${ANY_TEXT}:`, kind: 'handles', x: PADDING, y: PADDING + TEXT_SIZE - 1 }
  const texts = [head, ...list.texts.map((text) => ({ ...text, y: text.y + LINE_HEIGHT }))]
  return { ...list, texts, height: list.height + LINE_HEIGHT }
}

/** The list of what a state handles, in as many columns as there is room for. */
function handledWriting(handles: readonly string[], room: number): Writing {
  const columns = Math.max(1, Math.floor(room / COLUMN))
  const width = Math.floor(room / columns)
  const entries = handles.map((text) => wrapText(text, TEXT_SIZE, width - 2 * PADDING - INDENT))
  const perColumn = Math.ceil(entries.flat().length / columns)
  const texts: LaidOutText[] = []
  let column = 0
  let row = 0
  let rows = 0
  for (const lines of entries) {
    // Half of an entry may stand out below, so that the last column is no longer than the others.
    if (row + lines.length / 2 > perColumn && column < columns - 1) {
      column += 1
      row = 0
    }
    for (const [at, text] of lines.entries()) {
      const x = column * width + PADDING + (at === 0 ? 0 : INDENT)
      texts.push({ text, kind: 'handles', x, y: PADDING + TEXT_SIZE - 1 + row * LINE_HEIGHT })
      row += 1
    }
    rows = Math.max(rows, row)
  }
  const widest = Math.max(...texts.map(({ text, x }) => x + textWidth(text, TEXT_SIZE)))
  return { texts, rule: undefined, width: widest + PADDING, height: rows * LINE_HEIGHT + 2 * PADDING - 4 }
}
