import { RowBatch, type WriteKind } from './row-batch.ts'
import type { Row } from './row-writer.ts'
import type { TableShape } from './table-shapes.ts'
import { saying, unknownColumn, writeFailure } from './write-failure.ts'

/** The last batch of a kind whose rows have these columns. */
interface Opened {
  readonly names: readonly string[]
  at: number
}

/**
 * Puts rows into the statements that write them, as few as have the same effect as one row after the other. Rows are taken apart when
 * they come: kept until they are written they would be moved about by the garbage collector, which took a quarter of a backfill's CPU.
 */
export class BatchGatherer {
  #batches: RowBatch[] = []
  #opened = new Map<WriteKind, Opened[]>()
  /** By table: where its last batch is. */
  #lastOf = new Map<string, number>()

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  /**
   * @returns false: the table has not all of its columns, as far as is known
   * @throws WriteError for a row that does not fit its table
   */
  add(kind: WriteKind, shape: TableShape, row: Row, by: string | undefined): boolean {
    const names = Object.keys(row)
    const opened = this.#openedFor(kind, names)
    // An earlier batch takes it, unless rows that it may point to, or of the same table, came since.
    if (
      opened !== undefined &&
      this.#lastOf.get(shape.rel) === opened.at &&
      !this.#isBehind(shape, opened.at)
    ) {
      const batch = this.#batches[opened.at]
      if (saying(kind, by, () => batch?.add(row, by)) === true) return true
    }
    checkNames(kind, names, by)
    if (unknownColumn(kind, shape, row) !== undefined) return false
    const columns = names.flatMap((name) => shape.columns.get(name) ?? [])
    const batch = new RowBatch(kind, shape, columns)
    saying(kind, by, () => batch.add(row, by))
    const at = this.#batches.push(batch) - 1
    this.#lastOf.set(shape.rel, at)
    if (opened === undefined) this.#open(kind, { names, at })
    else opened.at = at
    return true
  }

  /** What it has, in the order to be written; then it is empty. */
  take(): readonly RowBatch[] {
    const batches = this.#batches
    this.#batches = []
    this.#opened = new Map<WriteKind, Opened[]>()
    this.#lastOf = new Map<string, number>()
    return batches
  }

  #openedFor(kind: WriteKind, names: readonly string[]): Opened | undefined {
    const all = this.#opened.get(kind)
    if (all === undefined) return undefined
    for (const opened of all) if (areSame(opened.names, names)) return opened
    return undefined
  }

  /** Rows came, after the batch, of a table that this one points to. */
  #isBehind({ references }: TableShape, at: number): boolean {
    return references.some((rel) => (this.#lastOf.get(rel) ?? -1) > at)
  }

  #open(kind: WriteKind, opened: Opened): void {
    const all = this.#opened.get(kind)
    if (all === undefined) this.#opened.set(kind, [opened])
    else all.push(opened)
  }
}

/** In the same order, too: columns that came in another are written by another statement. */
function areSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false
  return true
}

function checkNames(kind: WriteKind, names: readonly string[], by: string | undefined): void {
  if (names.length === 0) throw writeFailure(kind, by, 'the row has no columns')
  for (const name of kind.key) {
    if (!names.includes(name)) throw writeFailure(kind, by, `the row lacks "${name}", a column of its key`)
  }
}
