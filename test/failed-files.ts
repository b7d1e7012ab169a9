import type { TestEvent } from 'node:test/reporters'

/** A reporter of node:test: the files in which a test failed, one a line. */
// A reporter is a module's default export.
// oxlint-disable-next-line import/no-default-export
export default async function* failedFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Set<string>()
  for await (const event of events) {
    if (event.type === 'test:fail' && event.data.file !== undefined) files.add(event.data.file)
  }
  for (const file of files) yield `${file}\n`
}
