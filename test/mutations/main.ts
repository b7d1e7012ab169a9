// Can the tests fail at all? `npm run soak:mutations [-- rollback | triggers | queue] [-- --part 2/5]`: each fault is put into a copy
// of the build, and the group's tests have to find it. What they do not find has to be explained in `explained.ts`.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { withScope } from '../support/scope.ts'
import { startTestServer } from '../support/test-server.ts'
import { explanationOf } from './explained.ts'
import { generateMutations } from './generate-mutations.ts'
import { mutate, type Mutation } from './mutation.ts'
import { QUEUE_MUTATIONS } from './queue-mutations.ts'
import { ROLLBACK_MUTATIONS } from './rollback-mutations.ts'

/** ms. A fault that lets something wait for ever is found, too. */
const LONGEST = 120_000

interface Group {
  readonly mutations: readonly Mutation[]
  /** Arguments of Node, which ends with 0 where nothing was found. The first that finds something is enough. */
  readonly runs: readonly (readonly string[])[]
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const test = (...names: readonly string[]): readonly string[] => [
  '--conditions=development',
  '--test',
  ...names.map((name) => `dist/test/${name}.test.js`),
]
const compiled = (file: string): string => readFileSync(join(root, 'dist', 'src', `${file}.js`), 'utf8')

const TRIGGERS = [
  'jobs/crontab',
  'jobs/crontab-field',
  'jobs/crontab-dialect',
  'jobs/interval',
  'jobs/trigger',
  'jobs/fire-heap',
  'jobs/due-fire-times',
  'jobs/last-fire-time',
  'jobs/next-fire-times',
]

const GROUPS: Readonly<Record<string, Group>> = {
  rollback: {
    mutations: ROLLBACK_MUTATIONS,
    runs: [test('database/journal', 'database/revert-levels'), ['dist/test/database/soak/main.js']],
  },
  triggers: {
    mutations: TRIGGERS.flatMap((file) => generateMutations(file, compiled(file))),
    runs: [
      test('jobs/trigger', 'jobs/crontab', 'jobs/crontab-dialect', 'jobs/fire-heap'),
      test('jobs/crontab-property', 'jobs/scheduler'),
    ],
  },
  queue: {
    mutations: QUEUE_MUTATIONS,
    runs: [test('hooks/firing-claims', 'hooks/firing-fates', 'hooks/firing-takes'), test('hooks/durable')],
  },
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { part: { type: 'string', default: '1/1' } },
})
const [part = 1, parts = 1] = values.part.split('/').map(Number)
const run = promisify(execFile)

await withScope(async (scope) => {
  const server = await startTestServer()
  scope.after(() => server.stop())
  const copy = mkdtempSync(join(tmpdir(), 'pawl-mutation-'))
  scope.after(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
  // The variables of a runner that runs this would make it another one.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const env = { PAWL_RUNS: '150', ...inherited, PAWL_TEST_SERVER: server.url, PAWL_SEED: '1' }

  for (const [name, { mutations, runs }] of Object.entries(GROUPS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    const chosen = mutations.filter((_mutation, at) => at % parts === part - 1)
    const left: string[] = []
    let explained = 0
    for (const mutation of chosen) {
      const found = await isFound(mutation, { copy, runs, env })
      const why = found ? undefined : explanationOf(mutation)
      if (!found && why === undefined) left.push(`${mutation.file}: ${mutation.fault}`)
      if (why !== undefined) explained += 1
      console.log(
        `${found ? 'found' : why === undefined ? 'NOT FOUND' : 'explained'}: ${mutation.file}: ${mutation.fault}`,
      )
    }
    console.log(
      `${name}: ${chosen.length - left.length - explained} of ${chosen.length} found, ${explained} not and explained, ${left.length} left`,
    )
    if (left.length > 0) process.exitCode = 1
  }
})

async function isFound(
  mutation: Mutation,
  {
    copy,
    runs,
    env,
  }: { readonly copy: string; readonly runs: Group['runs']; readonly env: NodeJS.ProcessEnv },
): Promise<boolean> {
  const path = join(copy, 'dist', 'src', `${mutation.file}.js`)
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, mutate(source, mutation))
  try {
    for (const args of runs) {
      const fine = await run(process.execPath, args, { cwd: copy, env, timeout: LONGEST }).then(
        () => true,
        () => false,
      )
      if (!fine) return true
    }
    return false
  } finally {
    writeFileSync(path, source)
  }
}
