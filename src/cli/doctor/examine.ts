import { describeIssue } from '../../text/describe-issue.ts'
import { plural } from '../../text/format-number.ts'
import { loadConfig, type LoadedConfig } from '../load-config.ts'
import { checkDatabase } from './check-database.ts'
import { checkNode } from './check-node.ts'
import { checkPorts } from './check-ports.ts'
import { checkSources } from './check-sources.ts'
import { fault, type Finding } from './finding.ts'

/** Looks at all that a start needs, and says what would happen at one. Changes nothing: not even Pawl's own tables. */
export async function* examine(named: string | undefined): AsyncGenerator<Finding> {
  yield checkNode(process.versions.node)
  let loaded: LoadedConfig
  try {
    loaded = await loadConfig(named)
  } catch (error) {
    return void (yield fault('config', error))
  }
  const { config, file, warnings } = loaded
  const { indexes = {}, hooks = {}, jobs = {} } = config
  const counts = [
    plural(Object.keys(indexes).length, 'index', 'indexes'),
    plural(Object.keys(hooks).length, 'hook'),
    plural(Object.keys(jobs).length, 'job'),
  ]
  yield { check: 'config', state: 'good', message: `${file}: ${counts.join(', ')}` }
  for (const warning of warnings) yield { check: 'config', state: 'warning', message: describeIssue(warning) }
  const chains = new Map<string, string>()
  yield* checkSources(config, chains)
  yield* checkPorts(config)
  yield* checkDatabase(config, chains)
}
