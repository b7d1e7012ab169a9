import type { Command } from 'commander'
import { describeIssue } from '../../text/describe-issue.ts'
import { plural } from '../../text/format-number.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { loadConfig } from '../load-config.ts'
import { wantsColor } from '../output-stream.ts'
import { createStyle } from '../../text/style.ts'
import { toJson } from '../../text/to-json.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addConfigCheck(program: Command, { out }: CliContext): void {
  program
    .command('config')
    .description('look at the config')
    .command('check')
    .description('load the config and tell everything that is wrong with it; nothing is started')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { file, config, warnings } = await loadConfig(named)
      const { indexes = {}, hooks = {}, jobs = {} } = config
      if (json) {
        const names = { indexes: Object.keys(indexes), hooks: Object.keys(hooks), jobs: Object.keys(jobs) }
        out.write(`${toJson({ file, ...names, warnings })}\n`)
        return
      }
      const style = createStyle(wantsColor(out))
      const counts = [
        plural(Object.keys(indexes).length, 'index', 'indexes'),
        plural(Object.keys(hooks).length, 'hook'),
        plural(Object.keys(jobs).length, 'job'),
      ]
      out.write(`${style('green', '✓')} ${file}: ${counts.join(', ')}\n`)
      for (const warning of warnings) out.write(`${style('yellow', 'warning:')} ${describeIssue(warning)}\n`)
    })
}
