import type { Command } from 'commander'
import { unknownJob } from '../../jobs/unknown-job.ts'
import type { JobControl, JobStatus } from '../../jobs/job-control.ts'
import { clockTime } from '../../text/describe-event.ts'
import { formatCount } from '../../text/format-number.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../../text/to-json.ts'
import { changeProject, readProject, type Project } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

const CONFIG = [
  '--config <file>',
  'the config (default: pawl.config.ts, pawl.yaml or dipdup.yaml, here)',
] as const

/** What may be done to a job, and how it is told. */
const CHANGES = {
  run: ['fire a job now, paused or not', 'asked for a firing of'],
  pause: ['fire a job no more until it is resumed', 'paused'],
  resume: ['let a paused job fire again; what passed meanwhile is not due', 'resumed'],
} as const

/** `pawl jobs list | run | pause | resume`: by the rows, so on a project that runs as on one that does not. */
export function addJobs(program: Command, { out }: CliContext): void {
  const jobs = program.command('jobs').description('look at the jobs, run and pause them')
  jobs
    .command('list')
    .description('list the jobs with their schedules, fire times and counts')
    .option(...CONFIG)
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const listed = await readProject(
        named,
        async (project) => (await deskOf(project)).list(),
        () => [],
      )
      if (json) for (const job of listed) out.write(`${toJson(job)}\n`)
      else if (listed.length === 0)
        out.write('There are no jobs. Those of the config are here once it has run.\n')
      else for (const line of layOutTable(HEAD, listed.map(describeJob))) out.write(`${line}\n`)
    })
  for (const [name, [description, done]] of Object.entries(CHANGES)) {
    jobs
      .command(name)
      .description(description)
      .argument('<job>', 'its name')
      .option(...CONFIG)
      .action(async (job: string, { config: named }: ConfigOption) => {
        await changeProject(
          named,
          async (project) => (await deskOf(project))[name as keyof typeof CHANGES](job),
          () => {
            throw unknownJob(job, [])
          },
        )
        out.write(`${done} job ${job}\n`)
      })
  }
}

async function deskOf({ config: { timezone = 'UTC' }, database, clock }: Project): Promise<JobControl> {
  const [{ createJobStore }, { JobDesk }] = await Promise.all([
    import('../../jobs/database-job-store.ts'),
    import('../../jobs/job-desk.ts'),
  ])
  return new JobDesk({ store: createJobStore(database), clock, timezone, check: () => [] })
}

const HEAD = [
  'job',
  'hook',
  'schedule',
  'state',
  'last',
  'next',
  'fired',
  'missed',
  'skipped',
  'failed',
  'last error',
]

function describeJob(job: JobStatus): string[] {
  const { name, hook, schedule, paused, lastFireTime, nextFireTime, lastError = '' } = job
  return [
    name,
    hook,
    schedule,
    paused ? 'paused' : 'active',
    day(lastFireTime),
    paused ? '' : day(nextFireTime),
    ...[job.fired, job.missed, job.skipped, job.failed].map(formatCount),
    shorten(lastError),
  ]
}

const LONGEST_ERROR = 60

const shorten = (text: string): string => {
  const [line = ''] = text.split('\n')
  return line.length > LONGEST_ERROR ? `${line.slice(0, LONGEST_ERROR - 1)}…` : line
}

/** On the clock of whoever reads. */
function day(time: Date | undefined): string {
  if (time === undefined) return ''
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clockTime(time)}`
}
