import { durableFirings } from './durable-firings.ts'
import { awaitedHooks } from './awaited-hooks.ts'
import { pickUp } from './pick-up.ts'
import type { BenchServer } from './server.ts'

/** Hooks: awaited, durable, and how soon a durable one begins. */
export async function hooks(server: BenchServer): Promise<void> {
  await awaitedHooks(server)
  await durableFirings(server)
  await pickUp(server)
}
