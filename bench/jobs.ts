import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Load, LoadResult } from './jobs-load.ts'
import { printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const run = promisify(execFile)

/** The scheduler alone: many jobs, many firings, beside croner's own timers and APScheduler 3. */
export async function jobs(server: BenchServer): Promise<void> {
  await registration(server)
  await firing(server)
  await beside()
}

async function registration(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const [name, load] of [
    ['100,000 jobs, in memory', { engine: 'memory', jobs: 100_000 }],
    ['100,000 jobs, PostgreSQL', { engine: 'database', jobs: 100_000, url: await server.create() }],
    ['10,000 jobs, in memory', { engine: 'memory', jobs: 10_000 }],
    ['10,000 jobs, PostgreSQL', { engine: 'database', jobs: 10_000, url: await server.create() }],
  ] as const) {
    const result = await measure({ url: '', schedule: 'rare', seconds: 10, ...load })
    rows.push([
      name,
      ms(result.registered),
      mb(result.heap),
      mb(result.rss),
      percent(result.cpu),
      ms(result.stopped),
    ])
  }
  printTable('jobs that wait: half intervals, half crontabs', [
    ['', 'registered', 'heap', 'process', 'idle CPU', 'stopped'],
    ...rows,
  ])
}

async function firing(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const [engine, count] of [
    ['memory', 1_000],
    ['memory', 5_000],
    ['database', 1_000],
    ['database', 5_000],
  ] as const) {
    const url = engine === 'database' ? await server.create() : ''
    const result = await measure({ engine, url, jobs: count, schedule: 'second', seconds: 15 })
    rows.push([
      `${formatCount(count)} firings/s, ${engine === 'memory' ? 'in memory' : 'PostgreSQL'}`,
      formatCount(result.fired),
      formatCount(result.missed),
      ...result.lateness.map(ms),
      percent(result.cpu),
    ])
  }
  printTable('an empty hook once a second a job, for 15 s', [
    ['', 'fired', 'missed', 'lateness p50', 'p99', 'most', 'CPU'],
    ...rows,
  ])
}

const BESIDE = { jobs: 50_000, seconds: 60 }

async function beside(): Promise<void> {
  const python = fileURLToPath(new URL('../../bench/jobs-apscheduler.py', import.meta.url))
  const load = { url: '', schedule: 'minute', ...BESIDE } as const
  const engines: readonly (readonly [string, () => Promise<Omit<LoadResult, 'heap'>>])[] = [
    ['Pawl, in memory', () => measure({ engine: 'memory', ...load })],
    ["croner 11's own timers", () => measure({ engine: 'croner', ...load })],
    [
      'APScheduler 3',
      () => runJson('/usr/bin/python3', [python, String(BESIDE.jobs), String(BESIDE.seconds)]),
    ],
  ]
  const rows: string[][] = []
  for (const [name, start] of engines) {
    const row = await start().then(
      (result) => [
        ms(result.registered),
        mb(result.rss),
        formatCount(result.fired),
        formatCount(result.missed),
        ...result.lateness.map(ms),
        percent(result.cpu),
        ms(result.stopped),
      ],
      (error: unknown) => [`could not run: ${String(error).split('\n')[0]?.slice(0, 80)}`],
    )
    rows.push([name, ...row])
  }
  printTable('50,000 jobs, each once a minute at one of its seconds: 833 at once; for 60 s', [
    ['', 'registered', 'process', 'fired', 'missed', 'lateness p50', 'p99', 'most', 'CPU', 'stopped'],
    ...rows,
  ])
}

const CHILD = fileURLToPath(new URL('jobs-load.js', import.meta.url))

function measure(load: Load): Promise<LoadResult> {
  return runJson(process.execPath, ['--expose-gc', '--max-old-space-size=8192', CHILD, JSON.stringify(load)])
}

async function runJson<Result>(program: string, args: readonly string[]): Promise<Result> {
  const { stdout } = await run(program, args, { timeout: 300_000, killSignal: 'SIGKILL' })
  return JSON.parse(stdout) as Result
}

const formatCount = (value: number): string => value.toLocaleString('en')
const ms = (value: number | null): string =>
  value === null || Number.isNaN(value) ? '–' : `${value.toFixed(0)} ms`
const mb = (value: number): string => `${value.toFixed(0)} MB`
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
