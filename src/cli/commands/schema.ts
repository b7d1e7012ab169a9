import type { Command } from 'commander'
import { LifecycleStore } from '../../root/lifecycle-store.ts'
import { actionOf, findModifications, type Modification } from '../../root/modifications.ts'
import { ConfirmationRequiredError } from '../../errors.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { formatCount } from '../../text/format-number.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../../text/to-json.ts'
import { changeProject, readProject, type Project } from '../with-project.ts'
import type { DatabasePlace } from '../open-project-database.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

/** `pawl schema status | approve | wipe`: does what is stored fit what is configured, and what to do where it does not. */
export function addSchema(program: Command, context: CliContext): void {
  const schema = program
    .command('schema')
    .description('compare what is indexed with the config, and decide about it')
  addStatus(schema, context)
  addApprove(schema, context)
  addWipe(schema, context)
}

function addStatus(schema: Command, { out, exit }: CliContext): void {
  schema
    .command('status')
    .description('tell what is indexed, and whether it still fits the config; exit code 1 where it does not')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const status = await readProject(named, statusOf, emptyStatus)
      if (json) out.write(`${toJson(status)}\n`)
      else for (const line of describe(status)) out.write(`${line}\n`)
      if (status.modifications.length > 0) exit(EXIT.failed)
    })
}

function addApprove(schema: Command, { out }: CliContext): void {
  schema
    .command('approve')
    .description(
      'take the database as it is: what was indexed stays, and the next start compares with the config of then',
    )
    .option(...CONFIG_OPTION)
    .action(async ({ config: named }: ConfigOption) => {
      const indexed = await changeProject(
        named,
        async ({ database }) => {
          const store = new LifecycleStore(database)
          const { withLease } = await import('../with-lease.ts')
          // What runs has compared already, and notes what it finds missing by itself.
          await withLease(database, () => store.approve())
          return store.isReindexed()
        },
        () => false,
      )
      out.write(
        indexed
          ? 'approved: the next start takes what is indexed as it is\n'
          : 'Nothing is indexed yet: there is nothing to approve.\n',
      )
    })
}

function addWipe(schema: Command, { out, confirm, exit }: CliContext): void {
  schema
    .command('wipe')
    .description(
      'drop all that was indexed, but immune tables; the next start indexes again from the first level',
    )
    .option(...CONFIG_OPTION)
    .option('--force', 'do not ask')
    .action(async ({ config: named, force = false }: ConfigOption & { readonly force?: boolean }) => {
      if (!force && confirm === undefined) {
        throw new ConfirmationRequiredError('nothing is wiped without being asked', {
          hint: 'Give --force to wipe without a question; `pawl schema status` tells what is there.',
        })
      }
      const ask = async (project: Project): Promise<void> => {
        const { schema: name, description } = project.database
        const question = `Drop all tables, views, functions and types of schema "${name}" in ${description}${butImmune(project)}?`
        if (!force && (await confirm?.(question)) !== true) {
          out.write('Nothing was wiped.\n')
          return exit(EXIT.failed)
        }
        await wipe(project)
        out.write('wiped: the next start indexes again from the first level\n')
      }
      // What else is in such a schema is not Pawl's.
      await changeProject(named, ask, () => {
        out.write('Nothing is indexed yet: there is nothing to wipe.\n')
      })
    })
}

const butImmune = ({ config: { immuneTables = [] } }: Project): string =>
  immuneTables.length === 0 ? '' : `, but ${immuneTables.join(', ')}`

async function wipe({ config: { immuneTables = [] }, database }: Project): Promise<void> {
  const [{ withLease }, { wipeSchema }, { checkFence }, { quoteName }] = await Promise.all([
    import('../with-lease.ts'),
    import('../../database/wipe-schema.ts'),
    import('../../database/check-fence.ts'),
    import('../../database/journal-ddl.ts'),
  ])
  const { schema, ownSchema } = database
  await withLease(database, (fence) =>
    database.transaction(async (transaction) => {
      await checkFence(transaction.sql, quoteName(ownSchema), fence, 'wipe')
      await wipeSchema(transaction, { schema, ownSchema, immuneTables })
      await new LifecycleStore(database).forgetReindexed(transaction)
    }),
  )
}

interface Status {
  readonly database: string
  readonly schema: string
  readonly reindexed: boolean
  readonly indexes: readonly IndexLine[]
  readonly modifications: readonly (Modification & { readonly action: string })[]
}

interface IndexLine {
  readonly name: string
  readonly level: number | null
  readonly orphanedFrom: number | null
  readonly orphanedTo: number | null
}

const emptyStatus = ({ description, schema }: DatabasePlace): Status => ({
  database: description,
  schema,
  reindexed: false,
  indexes: [],
  modifications: [],
})

async function statusOf({ config, directory, database }: Project): Promise<Status> {
  const { sql, ownSchema, schema, description } = database
  const store = new LifecycleStore(database)
  const indexes = await sql<IndexLine[]>`
    select name, level::float8, orphaned_from::float8 as "orphanedFrom", orphaned_to::float8 as "orphanedTo"
    from ${sql(ownSchema)}.index order by name`
  const found = await findModifications({ store, config, directory, indexes: config.indexes ?? {} })
  return {
    database: description,
    schema,
    reindexed: await store.isReindexed(),
    indexes: [...indexes],
    modifications: found.map((one) => ({ ...one, action: actionOf(config, one.reason) })),
  }
}

function describe({ database, schema, reindexed, indexes, modifications }: Status): readonly string[] {
  const lines = [`${database}, schema "${schema}"`]
  if (!reindexed) return [...lines, 'Nothing is indexed yet: the first start makes it.']
  lines.push(...layOutTable(['index', 'level', 'orphaned rows'], indexes.map(describeIndex)))
  if (modifications.length === 0) return [...lines, 'What is indexed fits the config.']
  for (const { reason, what, action } of modifications)
    lines.push(...what.map((one) => `${reason} (${action}): ${one}`))
  return [...lines, '`pawl schema wipe` indexes again; `pawl schema approve` takes the database as it is.']
}

const describeIndex = ({ name, level, orphanedFrom, orphanedTo }: IndexLine): string[] => [
  name,
  level === null ? '' : formatCount(level),
  orphanedFrom === null || orphanedTo === null
    ? ''
    : `levels ${formatCount(orphanedFrom)} to ${formatCount(orphanedTo)}`,
]
