import type { IndexerCommand } from '../../machines/indexer.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { watcherMachine } from '../../machines/watcher.machine.ts'
import { work } from '../work.ts'
import type { Runtime } from './runtime.ts'

/** The watcher's chart with its slots filled. */
export const watcherLogic = watcherMachine.provide({
  actors: {
    watch: work(({ runtime, tell }, { signal }) => {
      const unlisten = (runtime as Runtime).fleet.listen(tell)
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          unlisten()
          resolve()
        })
      })
    }),
  },
  actions: {
    askElsewhere: (_, { runtime, ask }) => {
      const { fleet, logger } = runtime as Runtime
      fleet.ask(ask).catch((error: unknown) => {
        logger.error('what was asked for could not be passed on to a process that indexes', {
          ask: ask.type,
          error,
        })
      })
    },
  },
}) as unknown as Work<
  { readonly runtime: unknown; readonly indexes: readonly string[] },
  void,
  IndexerCommand
>
