import type { PawlEvent } from '../events.ts'
import type { IndexChange } from '../lifecycle-command.ts'
import type { Runtime } from './runtime.ts'

/** Carries out `ADD_INDEX` and `REMOVE_INDEX`; events tell what came of it. */
export async function changeIndex({ indexes, root, closing }: Runtime, change: IndexChange): Promise<void> {
  try {
    if (change.type === 'REMOVE_INDEX') indexes.remove(change.index)
    else await indexes.add(change.index, change.config, closing.signal)
  } catch (error) {
    root.emit(indexRefusal(change, error))
  }
}

/** Tells that a change was not carried out. */
export function indexRefusal({ type, index }: IndexChange, error: unknown): PawlEvent {
  return { type: 'index.refused', index, command: type, error }
}
