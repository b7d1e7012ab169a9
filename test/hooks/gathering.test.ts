import assert from 'node:assert/strict'
import test from 'node:test'
import { Gathering } from '../../src/hooks/gathering.ts'

/** Numbers, sent when the test says so. */
function gatherNumbers(atOnce: number) {
  const sent: { readonly numbers: readonly number[]; readonly end: (error?: Error) => void }[] = []
  const gathering = new Gathering<{ readonly n: number; readonly failed: (error: unknown) => void }>(
    (entries) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => (error === undefined ? resolve() : reject(error))
        sent.push({ numbers: entries.map(({ n }) => n), end })
      }),
    atOnce,
  )
  const failures: unknown[] = []
  const add = (...numbers: readonly number[]): void => {
    for (const n of numbers)
      gathering.add({ n, failed: (error) => failures.push([n, (error as Error).message]) })
  }
  const numbers = () => sent.map((one) => one.numbers)
  return { add, numbers, failures, end: (at: number, error?: Error) => sent[at]?.end(error) }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => void setImmediate(resolve))
}

test('what comes together, or while one is under way, is sent together', async () => {
  const { add, numbers, end } = gatherNumbers(1)
  add(1, 2)
  assert.deepEqual(numbers(), [])
  await turns()
  add(3)
  await turns()
  add(4)
  assert.deepEqual(numbers(), [[1, 2]])
  end(0)
  await turns()
  assert.deepEqual(numbers(), [
    [1, 2],
    [3, 4],
  ])
  end(1)
  await turns()
  add(5)
  await turns()
  assert.deepEqual(numbers().at(-1), [5])
})

test('no more are under way than may be', async () => {
  const { add, numbers, end } = gatherNumbers(2)
  for (const n of [1, 2, 3, 4]) {
    add(n)
    await turns()
  }
  assert.deepEqual(numbers(), [[1], [2]])
  end(1)
  await turns()
  assert.deepEqual(numbers(), [[1], [2], [3, 4]])
  end(0)
  end(2)
  await turns()
  assert.equal(numbers().length, 3)
})

test('whoever was in one that fails is told, and the others go on', async () => {
  const { add, numbers, failures, end } = gatherNumbers(1)
  add(1, 2)
  await turns()
  add(3)
  end(0, new Error('no connection'))
  await turns()
  assert.deepEqual(failures, [
    [1, 'no connection'],
    [2, 'no connection'],
  ])
  assert.deepEqual(numbers(), [[1, 2], [3]])
})
