import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { and, createMachine, not, setup, type AnyStateMachine } from 'xstate'
import { chartOf } from '../src/diagrams/chart.ts'
import { toMermaid } from '../src/diagrams/mermaid.ts'
import { diagrams } from '../src/diagrams/write-diagrams.ts'

const ROOT = new URL('../../', import.meta.url)

const lines = (machine: AnyStateMachine): string[] =>
  toMermaid(chartOf(machine))
    .split('\n')
    .map((line) => line.trim())

describe('the charts in diagrams/', async () => {
  const charts = await diagrams()

  test('every machine has one, and nothing else is there', async () => {
    assert.ok(charts.size >= 4)
    assert.deepEqual((await readdir(new URL('diagrams/', ROOT))).toSorted(), [...charts.keys()].toSorted())
  })

  for (const [name, chart] of charts) {
    test(`${name} is what its machine says (npm run diagrams)`, async () => {
      assert.equal(await readFile(new URL(`diagrams/${name}`, ROOT), 'utf8'), chart)
    })
  }

  test("the README shows the indexer's", async () => {
    const [, shown] =
      /!\[[^\]]*\]\((diagrams\/[^)]*)\)/.exec(await readFile(new URL('README.md', ROOT), 'utf8')) ?? []
    assert.equal(shown, 'diagrams/indexer.svg')
  })
})

describe('toMermaid', () => {
  test('shows nested states, where they begin and where they end', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: { type: 'final' } }, onDone: 'b' },
        b: {},
      },
    })
    assert.equal(
      toMermaid(chartOf(machine)),
      `stateDiagram-v2
  state "a" as m_a {
    state "x" as m_a_x
    state "y" as m_a_y
    [*] --> m_a_x
    m_a_x --> m_a_y : NEXT
    m_a_y --> [*]
  }
  state "b" as m_b
  [*] --> m_a
  m_a --> m_b : done
`,
    )
  })

  test('names guards, also joined ones, and shares an arrow between what leads to the same state', () => {
    const machine = setup({ guards: { ready: () => true, closed: () => true } }).createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          on: { GO: { guard: and(['ready', not('closed')]), target: 'b' } },
          always: { guard: 'ready', target: 'b' },
        },
        b: {},
      },
    })
    assert.ok(lines(machine).includes('m_a --> m_b : GO [ready and not closed]<br>[ready]'))
  })

  test('names what is invoked, and its outcomes by it', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { invoke: { id: 'work', src: 'fetch', onDone: 'b', onError: 'c' } }, b: {}, c: {} },
    })
    const chart = lines(machine)
    assert.ok(chart.includes('state "a<br>invokes fetch" as m_a'))
    assert.ok(chart.includes('m_a --> m_b : fetch done'))
    assert.ok(chart.includes('m_a --> m_c : fetch failed'))
  })

  test('says what is handled without leaving, and in every state', () => {
    const machine = setup({ actions: { note: () => {}, log: () => {} } }).createMachine({
      id: 'm',
      initial: 'a',
      on: { STOP: '.b', PING: { actions: 'log' } },
      states: { a: { on: { TICK: { actions: ['note', 'log'] } }, after: { 500: 'b' } }, b: {} },
    })
    const chart = lines(machine)
    assert.ok(chart.includes('m_a : TICK / note, log'))
    assert.ok(chart.includes('m_a --> m_b : after 500'))
    assert.ok(chart.includes('m__anywhere : PING / log'))
    assert.ok(chart.includes('m__anywhere --> m_b : STOP'))
  })

  test('draws an arrow across levels outside both ends, else Mermaid moves its target inside', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { initial: 'x', states: { x: { on: { OUT: '#m.b' } } } }, b: {} },
    })
    const chart = toMermaid(chartOf(machine))
    assert.ok(chart.includes('\n  m_a_x --> m_b : OUT'))
  })
})
