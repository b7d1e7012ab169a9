import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { evm, type EvmOptions } from '../../../src/datasources/evm.ts'
import { DatasourceError } from '../../../src/errors.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { startProxyNode, type Answer, type Takeover } from './proxy-node.ts'
import { answersOf, heightEvent, LOG_ADDRESS } from './simulated-node.ts'

export const logs = [{ address: LOG_ADDRESS, event: heightEvent }] as const

/** `evm()` on a simulated node of 20 blocks, whose answers can be changed on their way. */
export async function open(
  t: TestContext,
  answer: (call: Parameters<Answer>[0], answer: () => unknown) => unknown = (_, real) => real(),
  options: Partial<EvmOptions> = {},
  takeover?: Takeover,
) {
  const real = answersOf(simulateChain({ seed: 1, length: 20 }))
  const node = await startProxyNode(t, (one, request) => answer(one, () => real(one, request)), takeover)
  return { node, datasource: evm({ url: node.url, logs, ...options }) }
}

/** For `assert.rejects`: the error of a datasource, with this message. */
export const isError = (message: RegExp, retriable: boolean) => (error: unknown) => {
  assert.ok(error instanceof DatasourceError)
  assert.match(error.message, message)
  assert.equal(error.retriable, retriable, `${error.message}: retriable`)
  return true
}
