import type { TestEvent } from 'node:test/reporters'

/** What became of a file: whether one of its tests failed, and the ms that they took. */
export interface FileResult {
  readonly file: string
  readonly failed: boolean
  readonly ms: number
}

/** A reporter of node:test: the results of all files as JSON, those that took longest first. */
// A reporter is a module's default export.
// oxlint-disable-next-line import/no-default-export
export default async function* fileResults(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const results = new Map<string, FileResult>()
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.file === undefined) continue
    const { file } = data
    const { failed, ms } = results.get(file) ?? { failed: false, ms: 0 }
    results.set(file, {
      file,
      failed: failed || type === 'test:fail',
      ms: data.nesting === 0 ? ms + data.details.duration_ms : ms,
    })
  }
  yield JSON.stringify([...results.values()].toSorted((a, b) => b.ms - a.ms))
}
