import type { OutputStream } from '../../src/cli/output-stream.ts'

/** A stream that keeps what is written to it; a terminal if it has columns. */
export class CapturedStream implements OutputStream {
  text = ''
  readonly isTTY: boolean
  readonly columns: number

  constructor(columns = 0) {
    this.isTTY = columns > 0
    this.columns = columns
  }

  write(text: string): void {
    this.text += text
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}
