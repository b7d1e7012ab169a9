import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { AnyStateMachine, AnyStateNode, InspectionEvent } from 'xstate'

interface TransitionLike {
  readonly source: { readonly id: string }
  readonly eventType: string
  readonly guard?: unknown
  readonly target?: readonly { readonly id: string }[] | undefined
}

/**
 * Watches which transitions of a machine a test file takes. When the file is done, it fails and names each state that was
 * never entered and each transition that was never taken.
 *
 * @example
 * const watch = coverTransitions(indexMachine)
 * createActor(indexMachine.provide(…), { inspect: watch })
 */
export function coverTransitions(machine: AnyStateMachine): (event: InspectionEvent) => void {
  const missing = new Set(allTransitions(machine).map(nameOf))
  after(() => {
    assert.deepEqual([...missing], [], `transitions of "${machine.id}" that no test takes`)
  })
  return (event) => {
    if (event.type !== '@xstate.microstep') return
    for (const transition of event._transitions) missing.delete(nameOf(transition as TransitionLike))
  }
}

function allTransitions(machine: AnyStateMachine): TransitionLike[] {
  return allNodes(machine.root).flatMap((node) => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
  ]) as TransitionLike[]
}

function allNodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => allNodes(child as AnyStateNode))]
}

function nameOf({ source, eventType, guard, target }: TransitionLike): string {
  const to = target?.map(({ id }) => id).join(', ') ?? 'itself'
  return `${source.id}: ${eventType === '' ? 'always' : eventType}${describeGuard(guard)} → ${to}`
}

function describeGuard(guard: unknown): string {
  if (guard === undefined) return ''
  if (typeof guard === 'string') return ` [${guard}]`
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return ` [${String(guard.type)}]`
  if (typeof guard === 'function' && 'guards' in guard) return ` [${JSON.stringify(guard.guards)}]`
  return ' [guard]'
}
