import { test } from 'node:test'
import { ownEntries } from '../../src/own-package.ts'
import { listWords } from '../../src/text/did-you-mean.ts'
import { chooseLoader } from '../../src/cli/load-user-module.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { config } from '../cli/cli-process.ts'
import { refuses, type BadInput } from './bad-input/refuses.ts'

// Which there are is package.json's to say.
const ENTRIES = [...ownEntries()].filter(([, path]) => path.endsWith('.js')).map(([name]) => name)

const IN_CONFIG = 'in <folder>/pawl.config.ts'
const POSTGRES_URL = 'expected postgres://<user>:<password>@<host>:5432/<name>'
const WRITE = 'Write: export default defineConfig({ … })'

// The loaders of TypeScript differ in what they know; see load-user-module.ts.
const native = chooseLoader((process.features as { readonly typescript?: unknown }).typescript) === 'native'

const file = (text: string): Readonly<Record<string, string>> => ({ 'pawl.config.ts': text })

const mistakes = (...lines: readonly string[]): readonly string[] => [
  `error: the config has ${lines.length} mistake${lines.length === 1 ? '' : 's'}`,
  ...lines.map((line) => `  ${line}`),
  IN_CONFIG,
]

const exportsNone = (why: string, advice = ''): readonly string[] => [
  `error: <folder>/pawl.config.ts exports no config: ${why}`,
  `${WRITE}${advice}`,
]

const unloadable = (
  line: number | undefined,
  cause: string,
  ...hint: readonly string[]
): readonly string[] => [
  `error: <folder>/pawl.config.ts${line === undefined ? '' : `:${line}`} could not be loaded`,
  `  caused by: ${cause}`,
  ...hint,
]

const HOOKS = 'hooks: { stats: hook({ run() {} }) }'

const CASES: Readonly<Record<string, Omit<BadInput, 'started'>>> = {
  'no config': {
    checked: true,
    files: {},
    says: [
      'error: there is no config in <folder>',
      'Looked for pawl.config.ts, pawl.config.mts, pawl.config.js, pawl.config.mjs, pawl.yaml, pawl.yml, dipdup.yaml, dipdup.yml.',
      '"pawl init" begins a project. A config is a module such as pawl.config.ts:',
      '',
      "  import { defineConfig, hook } from 'pawl'",
      '',
      '  export default defineConfig({',
      "    hooks: { hello: hook({ run: (ctx) => ctx.logger.info('hello') }) },",
      "    jobs: { every_minute: { hook: 'hello', interval: 60 } },",
      '  })',
      '',
      'or a pawl.yaml, whose hooks are files that "pawl init" writes for you:',
      '',
      '  hooks:',
      '    hello:',
      '      callback: hello',
      '  jobs:',
      '    every_minute:',
      '      hook: hello',
      '      interval: 60',
    ],
  },
  'a config that exports nothing': { files: file(''), says: exportsNone('it exports nothing') },
  'a config under another name': {
    files: file('export const conf = 3'),
    says: exportsNone('it exports conf, and neither "default" nor "config"'),
  },
  'a config that is empty': {
    files: file('export default {}\n'),
    says: exportsNone('its default export is an empty object'),
  },
  'a config that exports an actor beside it': {
    files: file(
      `import { createActor } from 'xstate'
import { defineConfig, pawl } from 'pawl'
export const config = defineConfig({})
export default createActor(pawl(config))`,
    ),
    says: [
      'error: <folder>/pawl.config.ts exports no config: its default export is an Actor',
      'Its export "config" would do: leave the default export out.',
    ],
  },
  'a config that exports the logic of one': {
    files: file("import { pawl } from 'pawl'\nexport default pawl({})"),
    says: exportsNone(
      'its default export is a StateMachine',
      '. "pawl" makes the actor by itself, of the config as it is.',
    ),
  },
  'a config that exports a function': {
    files: file('export default () => ({ hooks: {} })'),
    says: exportsNone(
      'its default export is a function',
      '. A function is not called: export what it returns.',
    ),
  },
  'a config that throws no Error': {
    files: file("throw { code: 1, reason: 'mine' }"),
    says: [
      "error: <folder>/pawl.config.ts could not be loaded: { code: 1, reason: 'mine' } was thrown",
      'Throw an Error: it tells where it came from.',
    ],
  },
  'a config that throws undefined': {
    files: file('throw undefined'),
    says: [
      'error: <folder>/pawl.config.ts could not be loaded: undefined was thrown',
      'Throw an Error: it tells where it came from.',
    ],
  },
  'a config that exports a promise': {
    files: file('export default Promise.resolve({})\n'),
    says: exportsNone('its default export is a promise (await it)'),
  },
  'a config that throws': {
    files: file("\nthrow new Error('PRICE_URL is not set')\n"),
    says: unloadable(2, 'PRICE_URL is not set'),
  },
  'a syntax error': {
    files: file('const a = = 3\nexport default {}\n'),
    says: unloadable(1, native ? 'SyntaxError: Expression expected' : 'SyntaxError: Unexpected token'),
  },
  'a package that is not installed': {
    files: file("import prices from '@acme/prices/live'\nexport default prices\n"),
    says: native
      ? unloadable(
          undefined,
          "Cannot find package '@acme/prices' imported from <folder>/pawl.config.ts",
          'Is it installed? npm install @acme/prices',
        )
      : unloadable(1, "Cannot find module '@acme/prices/live'", 'Is it installed? npm install @acme/prices'),
  },
  'an entry of pawl that there is not': {
    files: file("import { solana } from 'pawl/solana'\nexport default { indexes: solana() }\n"),
    says: [
      `error: <folder>/pawl.config.ts${native ? '' : ':1'} imports what there is not in this version of pawl`,
      `There are ${listWords(ENTRIES)}.`,
    ],
  },
  'an unknown key': {
    files: config(`{ ${HOOKS}, job: {} }`),
    says: mistakes('job: unknown key – did you mean "jobs"?'),
  },
  'a job for an unknown hook': {
    files: config(`{ ${HOOKS}, jobs: { often: { hook: 'statistics', interval: 60 } } }`),
    says: mistakes('jobs.often.hook: there is no hook "statistics"; defined is "stats"'),
  },
  'a reserved hook name': {
    files: config('{ hooks: { on_restart: hook({ run() {} }) } }'),
    says: mistakes(
      'hooks.on_restart: "on_restart" is reserved: Pawl fires it on a lifecycle event. Write it as a key of the config itself, beside "hooks": on_restart: async (ctx) => { … }',
    ),
  },
  'two triggers': {
    files: config(`{ ${HOOKS}, jobs: { often: { hook: 'stats', interval: 60, crontab: '* * * * *' } } }`),
    says: mistakes(
      'jobs.often: a job has exactly one of crontab, interval and daemon; this one has crontab and interval',
    ),
  },
  'a bad crontab': {
    files: config(`{ ${HOOKS}, jobs: { often: { hook: 'stats', crontab: '0 25 * * *' } } }`),
    says: mistakes('jobs.often.crontab: hour "25" is out of range: it takes 0 to 23'),
  },
  'a folder that is not there': {
    files: config(`{ directory: './nowhere' }`),
    says: mistakes('directory: there is no folder <folder>/nowhere'),
  },
  'a DATABASE_URL that is empty': {
    files: config('{ database: process.env.DATABASE_URL }'),
    env: { DATABASE_URL: '' },
    says: mistakes(
      `database: is empty (an environment variable that is not set?); ${POSTGRES_URL}, or leave it out for a PostgreSQL of Pawl's own in .pawl/`,
    ),
  },
  'a database URL without its scheme': {
    files: config(`{ database: 'me:s3cret@localhost:5432/chain' }`),
    says: mistakes(`database: has no scheme; ${POSTGRES_URL}`),
  },
  'a database that is an object': {
    files: config("{ database: { host: 'localhost' } }"),
    says: mistakes(`database: ${POSTGRES_URL}, got an object`),
  },
  'the URL of another database': {
    files: config(`{ database: 'mysql://me:s3cret@localhost/chain' }`),
    says: mistakes(`database: the scheme is "mysql", and Pawl works with PostgreSQL only; ${POSTGRES_URL}`),
  },
  'a password with # in a database URL': {
    files: config(`{ database: 'postgres://me:s3#cret@localhost/chain' }`),
    says: mistakes(
      `database: cannot be parsed; ${POSTGRES_URL}, with special characters of the password percent-encoded (% is %25, @ is %40, # is %23, / is %2F, : is %3A)`,
    ),
  },
  'an RPC URL from an environment variable that is not set': {
    files: config(
      '{ indexes: { transfers: { datasource: evm({ url: process.env.RPC_URL }), handler() {} } } }',
    ),
    says: [
      'error: the config has 1 mistake',
      '  evm.url: is missing (an environment variable that is not set?); expected the URL of a node, such as http://localhost:8545 (or https, ws, wss)',
      `${IN_CONFIG}:3`,
    ],
  },
  'an RPC URL without its scheme': {
    files: config(`{ indexes: { transfers: { datasource: evm({ url: 'localhost:8545' }), handler() {} } } }`),
    says: [
      'error: the config has 1 mistake',
      '  evm.url: has no scheme; expected the URL of a node, such as http://localhost:8545 (or https, ws, wss)',
      `${IN_CONFIG}:3`,
    ],
  },
  'several mistakes': {
    checked: true,
    files: config(
      `{ ${HOOKS}, postponeJobs: 'yes', indexes: { transfers: {} }, jobs: { often: { hook: 'stat', interval: 0 } } }`,
    ),
    says: mistakes(
      'indexes.transfers.datasource: expected a datasource, as evm({ … }) of "pawl/evm" makes one; but there is none',
      'indexes.transfers.handler: expected a function (ctx, block) => …, but there is none',
      "jobs.often.interval: 0 is no interval: write seconds (1 or more), or '90s', '5m', '1h', '1d'",
      'jobs.often.hook: there is no hook "stat" – did you mean "stats"?',
      'postponeJobs: expected true or false, got "yes"',
    ),
  },
}

test(
  'a bad config starts nothing, touches nothing and is told in words',
  { concurrency: 2, timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const enumConfig = file('enum Chain { main = 1 }\nexport default { hooks: {}, timezone: Chain[1] }\n')
    await Promise.all([
      ...Object.entries(CASES).map(([name, input]) =>
        t.test(name, (each) => refuses(each, url, { started: false, ...input })),
      ),
      t.test('an enum of TypeScript', (each) =>
        refuses(each, url, {
          files: enumConfig,
          started: false,
          says: native
            ? unloadable(
                1,
                'SyntaxError: TypeScript enum is not supported in strip-only mode',
                'Node runs TypeScript by leaving its types out, so enum, namespace and parameter properties do not work: use a constant object, a module, a field. "erasableSyntaxOnly" in tsconfig.json finds them all.',
              )
            : mistakes('timezone: expected an IANA time zone such as "Europe/Berlin", got "main"'),
        }),
      ),
    ])
  },
)
