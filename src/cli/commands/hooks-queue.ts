import type { Command } from 'commander'
import type { FiringStore, ListedFiring } from '../../hooks/firing-store.ts'
import { UnknownFiringError } from '../../errors.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { formatCount } from '../../text/format-number.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../../text/to-json.ts'
import { changeProject, readProject, type Project } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addHooksQueue(hooks: Command, { out }: CliContext): void {
  hooks
    .command('queue')
    .description('list the durable firings that wait, run, or failed for the last time (dead)')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const listed = await readProject(
        named,
        async (project) => (await storeOf(project)).list(),
        () => [],
      )
      if (json) for (const firing of listed) out.write(`${toJson(firing)}\n`)
      else if (listed.length === 0) out.write('No firing waits, and none is dead.\n')
      else for (const line of layOutTable(HEAD, listed.map(describe))) out.write(`${line}\n`)
    })
  hooks
    .command('retry')
    .description('let dead firings run again, with all their attempts')
    .argument('<firing>', 'its id, or the name of a hook for all of its dead ones')
    .option(...CONFIG_OPTION)
    .action(async (firing: string, { config: named }: ConfigOption) => {
      const count = await changeProject(
        named,
        async (project) => (await storeOf(project)).retry(firing, new Date(project.clock.now())),
        () => 0,
      )
      if (count === 0) throw unknown(firing, 'dead')
      out.write(`queued ${count === 1 ? '1 firing' : `${formatCount(count)} firings`} again\n`)
    })
  hooks
    .command('drop')
    .description('take a firing off the queue: it does not run')
    .argument('<firing>', 'its id')
    .option(...CONFIG_OPTION)
    .action(async (firing: string, { config: named }: ConfigOption) => {
      const dropped = await changeProject(
        named,
        async (project) => (await storeOf(project)).drop(firing),
        () => false,
      )
      if (!dropped) throw unknown(firing, 'waiting or dead')
      out.write(`dropped firing ${firing}\n`)
    })
}

async function storeOf({ database }: Project): Promise<FiringStore> {
  const { FiringStore: Store } = await import('../../hooks/firing-store.ts')
  return new Store(database)
}

const HEAD = ['firing', 'hook', 'state', 'runs', 'level', 'confirmations', 'key', 'last error']

const describe = (firing: ListedFiring): string[] => [
  firing.id,
  firing.hook,
  firing.reverting ? `${firing.state} (reverting)` : firing.state,
  formatCount(firing.attempts),
  firing.level === null ? '' : String(firing.level),
  formatCount(firing.confirmations),
  shorten(firing.key ?? ''),
  shorten(firing.error ?? ''),
]

const LONGEST = 60

const shorten = (text: string): string => {
  const [line = ''] = text.split('\n')
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}

function unknown(firing: string, state: string): UnknownFiringError {
  return new UnknownFiringError(`no ${state} firing is called "${firing.slice(0, 80)}"`, {
    hint: '`pawl hooks queue` lists them; a firing that runs cannot be changed.',
  })
}
