import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** A reporter of node:test: the seconds that each file's tests took, the longest first, one a line. */
// A reporter is a module's default export.
// oxlint-disable-next-line import/no-default-export
export default async function* fileTimes(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const times = new Map<string, number>()
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting > 0 || data.file === undefined)
      continue
    times.set(data.file, (times.get(data.file) ?? 0) + data.details.duration_ms)
  }
  for (const [file, ms] of [...times].toSorted((a, b) => b[1] - a[1])) {
    yield `${(ms / 1_000).toFixed(1).padStart(7)} s  ${relative(process.cwd(), file)}\n`
  }
}
