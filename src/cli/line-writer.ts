import { canRedraw, type OutputStream } from './output-stream.ts'

/** Lines that stay, above one status line that is redrawn. */
export interface LineWriter {
  /** Whether `status` shows anything here. */
  readonly redraws: boolean
  line(text: string): void
  /** Draws the status line anew; undefined takes it away. Does nothing where lines cannot be redrawn. */
  status(text: string | undefined): void
}

const CLEAR_LINE = '\r\u001b[2K'

/** Whatever prints to one terminal must share one writer: else a line lands in the middle of the status. */
export function createLineWriter(stream: OutputStream): LineWriter {
  const redraws = canRedraw(stream)
  let shown: string | undefined

  return {
    redraws,
    line(text) {
      const before = shown === undefined ? '' : CLEAR_LINE
      stream.write(`${before}${text}\n${shown ?? ''}`)
    },
    status(text) {
      if (!redraws) return
      // One column less than there is: a full line wraps, and could not be redrawn.
      const next = text?.slice(0, (stream.columns ?? 80) - 1)
      if (next === shown) return
      stream.write((shown === undefined ? '' : CLEAR_LINE) + (next ?? ''))
      shown = next
    },
  }
}
