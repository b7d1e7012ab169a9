import { InvalidArgumentError, type Command } from 'commander'
import type { Database } from '../../database/database.ts'
import { unknownIndex } from '../../database/unknown-index.ts'
import { ConfirmationRequiredError } from '../../errors.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { formatCount, plural } from '../../text/format-number.ts'
import type { RollbackOutcome } from '../../database/roll-back-index.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../../text/to-json.ts'
import { changeProject, readProject, type Project } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

interface RollbackOptions extends ConfigOption, JsonOption {
  readonly dryRun?: boolean
  readonly force?: boolean
}

export function addRollback(program: Command, context: CliContext): void {
  program
    .command('rollback')
    .description('undo the database writes of an index above a level, while Pawl does not run; fires no hook')
    .argument('<index>', 'its name')
    .argument('<level>', 'the last level that stays', readLevel)
    .option(...CONFIG_OPTION)
    .option('--dry-run', 'only show what would be undone; also while Pawl runs')
    .option('--force', 'do not ask')
    .option('--json', 'print one JSON object')
    .action(async (index: string, toLevel: number, options: RollbackOptions) => {
      const { dryRun = false, force = false } = options
      if (!dryRun && !force && (context.confirm === undefined || options.json === true)) {
        throw new ConfirmationRequiredError(`index "${index}" is not rolled back without being asked`, {
          hint: 'Give --force to roll it back without a question, or --dry-run to see what would be undone.',
        })
      }
      const work = ({ database }: Project): Promise<void> => run(database, index, toLevel, options, context)
      const nothing = (): never => {
        throw unknownIndex(index, [])
      }
      await (dryRun ? readProject : changeProject)(options.config, work, nothing)
    })
}

async function run(
  database: Database,
  index: string,
  toLevel: number,
  { dryRun = false, force = false, json = false }: RollbackOptions,
  { out, confirm, exit }: CliContext,
): Promise<void> {
  const { rollBackIndex } = await import('../../database/roll-back-index.ts')
  const show = (outcome: RollbackOutcome, happened: string): void => {
    const lines = json ? [toJson({ ...outcome, dryRun })] : describeOutcome(outcome, happened)
    out.write(`${lines.join('\n')}\n`)
  }
  const attempt = (fence?: bigint) => rollBackIndex(database, { index, toLevel, fence })
  if (dryRun) return show(await attempt(), 'would be')
  const { withLease } = await import('../with-lease.ts')
  await withLease(database, async (fence) => {
    if (!force) {
      show(await attempt(), 'would be')
      if ((await confirm?.(`Roll ${index} back?`)) !== true) {
        out.write('Nothing was rolled back.\n')
        return exit(EXIT.failed)
      }
    }
    show(await attempt(fence), 'was')
  })
}

const HEAD = ['table', 'rows that come back', 'change', 'go']

function describeOutcome(outcome: RollbackOutcome, happened: string): string[] {
  const { index, fromLevel, toLevel, tables, droppedFirings } = outcome
  const to = toLevel === null ? 'before its first level' : `to ${formatCount(toLevel)}`
  const rows = tables.map(({ table, restored, changed, removed }) => [
    table,
    ...[restored, changed, removed].map((count) => (count === 0 ? '' : formatCount(count))),
  ])
  return [
    `${index} ${happened} rolled back from level ${formatCount(fromLevel)} ${to}${tables.length === 0 ? ': no rows to undo' : ''}`,
    ...(tables.length === 0 ? [] : layOutTable(HEAD, rows)),
    ...(droppedFirings === 0 ? [] : [`${plural(droppedFirings, 'waiting firing')} dropped`]),
  ]
}

function readLevel(text: string): number {
  const level = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(level)) {
    throw new InvalidArgumentError('A level is a whole number from 0 on.')
  }
  return level
}
