import { eventsOf, membersOf, type Member } from './read-members.ts'

const MADE = '<!-- Made from the types in src/ by `npm run docs`: change it there. -->'

const cell = (text: string): string => text.replaceAll('|', '\\|')
const code = (text: string): string => (text.includes('`') ? text : `\`${text}\``)

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')
}

/** Of a job, exactly one of them. */
const ONE_OF = new Set(['crontab', 'interval', 'daemon'])

const optionRows = (members: readonly Member[]): string => {
  if (members.length === 0) throw new Error('a table of options would be empty')
  return table(
    ['option', 'type', 'what it does'],
    members.map(({ name, optional, type, doc }) => [
      `\`${name}\`${optional || ONE_OF.has(name) ? '' : ' (required)'}`,
      code(type),
      doc,
    ]),
  )
}

const options = (title: string, intro: string, ...declarations: readonly string[]): string =>
  `## ${title}\n\n${intro}\n\n${optionRows(declarations.flatMap((name) => membersOf(name)))}\n`

const methods = (title: string, intro: string, ...declarations: readonly string[]): string =>
  `## ${title}\n\n${intro}\n\n${declarations
    .flatMap((name) => membersOf(name))
    .map(
      ({ name, type, doc }) =>
        `- **\`${name}${type.startsWith('(') || type.startsWith('<') ? type : `: ${type}`}\`**${doc === '' ? '' : ` – ${doc}`}`,
    )
    .join('\n')}\n`

const page = (title: string, intro: string, ...parts: readonly string[]): string =>
  `# ${title}\n\n${MADE}\n\n${intro}\n\n${parts.join('\n')}`

/** The pages that are made from the types, so that they cannot say anything else: by their names in `docs/`. */
export function references(): Readonly<Record<string, string>> {
  return {
    'config.md': page(
      'Every option of the config',
      'What `defineConfig({ … })` and `hook({ … })` take. A wrong name or value does not compile; at run time all that is wrong is told at once, with\nits path. In a `pawl.yaml` the names are in snake case (`misfire_grace_time`): see [from a config file](yaml.md).',
      options('The config', 'All of it is optional.', 'Config'),
      options(
        'An index',
        '`indexes: { <name>: { … } }`. See [indexes and datasources](datasources.md).',
        'IndexOptions',
        'LevelIndexConfig',
        'BatchIndexConfig',
      ),
      options('A hook', '`hooks: { <name>: hook({ … }) }`. See [hooks](hooks.md).', 'HookDefinition'),
      options("A hook's `retry`", 'Of durable firings.', 'HookRetry'),
      options(
        'A job',
        '`jobs: { <name>: { hook, args, … } }`, with exactly one of `crontab`, `interval` and `daemon`. See [jobs](jobs.md).',
        'ScheduleTrigger',
        'DaemonTrigger',
        'JobWindow',
        'JobOptions',
      ),
      options("A job's `retry`", 'Of a firing that failed.', 'RetryOptions'),
      options(
        '`reindex`',
        'Each is `exception`, `wipe` or `ignore`. See [reindexing](reindexing.md).',
        'ReindexPolicy',
      ),
      options('`evm({ … })`', 'From `pawl/evm`.', 'EvmOptions'),
      options("A filter of `evm`'s `logs`", '', 'LogFilter').replace('\n\n\n', '\n'),
      options('`replay({ … })`', 'From `pawl/replay`.', 'ReplayOptions'),
      options(
        '`graphileWorker({ … })`',
        'From `pawl/graphile-worker`. See [several processes](fleet.md#with-graphile-worker).',
        'GraphileWorkerOptions',
      ),
      options("A hook's, in `graphileWorker`", '', 'GraphileHookOptions').replace('\n\n\n', '\n'),
      options('`fireHook(…, { … })`', 'The options of a durable firing.', 'FireOptions'),
      options('`simulateChain({ … })`', 'From `pawl/testing`. See [testing](testing.md).', 'ChainOptions'),
    ),
    'context.md': page(
      'What handlers and hooks get',
      'The first argument of each callback, `ctx`.',
      methods('In handlers and hooks', 'Both have these.', 'BaseContext', 'LifecycleControl'),
      methods(
        'In handlers only',
        'The second argument is the block, as the datasource delivers it.',
        'HandlerContext',
      ),
      methods('In hooks only', 'The second argument holds the arguments of the firing.', 'HookContext'),
      methods('`ctx.firing`', 'One run of a hook.', 'Firing'),
      methods('`ctx.indexes.<name>`', 'Where an index stands.', 'IndexStatus'),
      methods('`ctx.jobs`', 'Changes jobs at run time.', 'JobControl'),
      methods('`ctx.jobs.list()`', 'What is told of each job.', 'JobStatus'),
    ),
    'events.md': page(
      'Every event',
      "What `root.on('<type>', …)` hears, and `root.on('*', …)` all of. They are a contract: a field is added in a minor version, and taken away or changed\nin a major one only.",
      `${table(
        ['event', 'when', 'with'],
        eventsOf('PawlEvent').map(({ name, doc, type }) => [
          `\`${name}\``,
          doc,
          type
            .split(', ')
            .filter((field) => field !== '')
            .map((field) => `\`${field}\``)
            .join(' '),
        ]),
      )}\n`,
      `## What is sent to the root\n\n\`root.send({ type: 'FIRE_HOOK', … })\`, and:\n\n${table(
        ['command', 'what it does'],
        COMMANDS.map(([name, what]) => [`\`${name}\``, what]),
      )}\n`,
    ),
  }
}

/** What a root takes, in the order of use. */
export const COMMANDS: readonly (readonly [string, string])[] = [
  [
    'FIRE_HOOK',
    'Fires the user hook `hook` with `args`; `id` comes back in its events. With `wait: false` (and `key`) it is durable.',
  ],
  ['REINDEX', 'Wipes what was indexed and starts again, at a level boundary.'],
  ['RESTART', 'Ends the indexes at a level boundary, and begins again with `on_restart`.'],
  ['ADD_INDEX', 'Follows one more `index`, by its `config`.'],
  ['REMOVE_INDEX', 'Ends `index` at a level boundary.'],
  ['ADD_JOB', 'Adds `job`, or replaces one that was added before, by its `config`.'],
  ['REMOVE_JOB', 'Takes `job` out.'],
  ['RESCHEDULE_JOB', 'Gives `job` another `trigger`.'],
  ['PAUSE_JOB', '`job` fires no more until it is resumed.'],
  ['RESUME_JOB', '`job` fires again.'],
  ['RUN_JOB', '`job` fires once, now.'],
  ['STOP', 'Takes no more work, drains, releases the lease, ends.'],
]
