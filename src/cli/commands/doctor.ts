import type { Command } from 'commander'
import { createStyle, type Format } from '../../text/style.ts'
import { toJson } from '../../text/to-json.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exit-code.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { wantsColor } from '../output-stream.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

const MARKS: Readonly<Record<Finding['state'], readonly [mark: string, format: Format]>> = {
  good: ['✓', 'green'],
  warning: ['!', 'yellow'],
  bad: ['✗', 'red'],
}

export function addDoctor(program: Command, { out, exit }: CliContext): void {
  program
    .command('doctor')
    .description('look at all that a start needs, and say what would happen at one; changes nothing')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Looks at Node, the config, each index's node and chain, ports, the database and
its rights, and what is different from what was indexed. Exit code 1 where a
start would fail.

Examples:
  $ pawl doctor
  $ pawl doctor --json | jq 'select(.state != "good")'
`,
    )
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { examine } = await import('../doctor/examine.ts')
      const style = createStyle(wantsColor(out))
      let failed = false
      for await (const finding of examine(named)) {
        failed ||= finding.state === 'bad'
        if (json) out.write(`${toJson(finding)}\n`)
        else {
          const { check, state, message, advice } = finding
          const [mark, format] = MARKS[state]
          const [first = '', ...more] = message.split('\n')
          out.write(`${style(format, mark)} ${check}: ${first}\n`)
          for (const line of [...more, ...(advice === undefined ? [] : [advice])]) out.write(`    ${line}\n`)
        }
      }
      if (failed) exit(EXIT.failed)
    })
}
