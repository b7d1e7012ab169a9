import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnyStateMachine, AnyStateNode } from 'xstate'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const FILES = readdirSync(`${ROOT}machines`).filter((file) => file.endsWith('.machine.ts'))

/** Stately Studio reads one literal `setup({ … }).createMachine({ … })` of a file, whose parts go by names. */
describe('the machines import into Stately Studio as they stand', () => {
  for (const file of FILES) {
    test(file, async () => {
      const text = readFileSync(`${ROOT}machines/${file}`, 'utf8')
      assert.equal(text.match(/\bcreateMachine\(\{$/gm)?.length, 1, 'one createMachine, of a literal')
      const config = /^\}\)\.createMachine\(\{$[^]*?^\}\)$/m.exec(text)?.[0] ?? ''
      assert.notEqual(config, '')
      assert.doesNotMatch(config, /\.\.\.(?!context|input)/, 'no state is spread from elsewhere')
      const exported = (await import(
        pathToFileURL(`${ROOT}dist/machines/${file.replace(/ts$/, 'js')}`).href
      )) as Readonly<Record<string, unknown>>
      const machine = Object.values(exported).find(isMachine)
      assert.ok(machine)
      for (const node of nodesOf(machine.root)) {
        for (const [what, part] of partsOf(node))
          assert.equal(typeof part, 'string', `${node.id}: ${what} has no name`)
      }
    })
  }
})

const isMachine = (value: unknown): value is AnyStateMachine =>
  typeof value === 'object' && value !== null && 'root' in value && 'definition' in value

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => nodesOf(child as AnyStateNode)),
]

/** Every action, guard, actor and delay that a state names. */
function partsOf(node: AnyStateNode): (readonly [what: string, name: unknown])[] {
  const transitions = [...[...node.transitions.values()].flat(), ...(node.always ?? [])]
  return [
    ...[...node.entry, ...node.exit].map((action) => ['an action', nameOf(action)] as const),
    ...node.invoke.map(({ src }) => ['an actor', src] as const),
    ...transitions.flatMap(({ actions, guard }) => [
      ...actions.map((action) => ['an action', nameOf(action)] as const),
      ...(guard === undefined ? [] : [['a guard', nameOf(guard)] as const]),
    ]),
  ]
}

/** Of what XState puts in by itself, for `after`, too: `xstate.raise`. Any other function has none. */
function nameOf(part: unknown): unknown {
  if (typeof part === 'string') return part
  const { type } = part as { readonly type?: unknown }
  return typeof part === 'function' && !String(type).startsWith('xstate.') ? part : type
}
