import type { Command } from 'commander'
import { plural } from '../format-number.ts'
import { loadConfig } from '../load-config.ts'
import { wantsColor } from '../output-stream.ts'
import { createStyle } from '../style.ts'
import { toJson } from '../to-json.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addConfigCheck(program: Command, { out }: CliContext): void {
  program
    .command('config')
    .description('look at the config')
    .command('check')
    .description('load the config and tell everything that is wrong with it; nothing is started')
    .option('--config <file>', 'the config (default: pawl.config.ts, .mts, .js or .mjs, here)')
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
      for (const { path, message } of warnings)
        out.write(`${style('yellow', 'warning:')} ${path}: ${message}\n`)
    })
}
