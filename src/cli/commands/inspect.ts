import type { Command } from 'commander'
import { findInspector, type InspectorPlace } from '../../inspector/inspector-file.ts'
import { SIGNAL_EXIT, type StopSignal } from '../exit-code.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { loadConfig } from '../load-config.ts'
import { toJson } from '../../text/to-json.ts'
import { readProject, type Project } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addInspect(program: Command, context: CliContext): void {
  const { out, stops } = context
  program
    .command('inspect')
    .description(
      'print the address of the page that shows Pawl: of this project as it runs, or what it has stored',
    )
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { config } = await loadConfig(named)
      const running = await findRunning(config.directory ?? process.cwd())
      if (running !== undefined) {
        out.write(`${json ? toJson({ live: true, ...running }) : running.url}\n`)
        return
      }
      const show = async (project: Project): Promise<void> => {
        const { inspectStored } = await import('../inspect-stored.ts')
        const { inspector: wanted = {} } = project.config
        const { inspector, running } = await inspectStored(project, typeof wanted === 'boolean' ? {} : wanted)
        const url = `${inspector.url}/#token=${inspector.token}`
        const lines = json
          ? [toJson({ live: false, running, url, pid: process.pid })]
          : [running ? STORED_OF_RUNNING : STORED, url]
        out.write(`${lines.join('\n')}\n`)
        const signal = await new Promise<StopSignal>((resolve) => {
          const unlisten = stops.listen((stoppedBy) => {
            unlisten()
            resolve(stoppedBy)
          })
        })
        await inspector.close()
        context.exit(SIGNAL_EXIT[signal])
      }
      await readProject(named, show, () => {
        out.write(`${json ? toJson({ live: false, running: false, url: null }) : NOTHING}\n`)
      })
    })
}

const STORED =
  'No inspector of a running Pawl was found here (`pawl run --inspect` starts one). This shows what is stored, until Ctrl-C:'

const NOTHING =
  'Nothing is indexed yet, so there is nothing to show: `pawl run --inspect` shows it from its first moment.'

const STORED_OF_RUNNING =
  'A Pawl runs on this database, and no inspector of it was found here (`pawl run --inspect` starts one). This shows what was stored a moment ago, until Ctrl-C:'

/** ms. It is on this machine. */
const PATIENCE = 3_000

/** One that was noted may be gone, and its port another's. */
async function findRunning(directory: string): Promise<InspectorPlace | undefined> {
  const place = findInspector(directory)
  if (place === undefined) return undefined
  const { origin, hash } = new URL(place.url)
  try {
    const response = await fetch(`${origin}/api/job`, {
      headers: { authorization: `Bearer ${hash.slice('#token='.length)}` },
      signal: AbortSignal.timeout(PATIENCE),
    })
    // 503: it is there, and its database is not open yet.
    return response.status === 200 || response.status === 503 ? place : undefined
  } catch {
    return undefined
  }
}
