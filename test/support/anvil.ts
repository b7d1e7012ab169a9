import type { TestContext } from 'node:test'
import {
  findAnvil,
  startAnvil as launchAnvil,
  type Anvil,
  type AnvilOptions,
} from '../../examples/anvil/start-anvil.ts'

/** For `{ skip: withoutAnvil }` of a test: the reason where there is no anvil, else false. */
export const withoutAnvil: string | false =
  findAnvil() === undefined ? 'no anvil for this platform, and none on the PATH' : false

/** A local EVM node of the test's own, stopped after it. Blocks come only by `evm_mine`, unless told otherwise. */
export async function startAnvil(t: TestContext, options: AnvilOptions = {}): Promise<Anvil> {
  const anvil = await launchAnvil(options)
  t.after(() => anvil.stop())
  return anvil
}
