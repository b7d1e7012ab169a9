import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Command } from 'commander'
import { ConfigurationError } from '../../errors.ts'
import { describeIssue } from '../../text/describe-issue.ts'
import { anyConfig, CONFIG_OPTION, findConfig, isYaml } from '../find-config.ts'
import { plural } from '../../text/format-number.ts'
import { wantsColor } from '../output-stream.ts'
import { createStyle, type Style } from '../../text/style.ts'
import type { FirstProject } from '../first-project.ts'
import { isModulePackage, writeMissing, type Written } from '../write-missing.ts'
import type { CliContext, ConfigOption } from './cli-context.ts'

interface BeginOptions {
  readonly yes?: boolean
  readonly rpc?: string
  readonly contract?: string
  readonly yaml?: boolean
}

export function addInit(program: Command, { out, ask }: CliContext): void {
  program
    .command('init')
    .description(
      'begin a project; or write what one with a pawl.yaml lacks: stubs of hooks, sql/ folders, types',
    )
    .option(...CONFIG_OPTION)
    .option('-y, --yes', 'begin without questions: a simulated chain, unless --rpc names a node')
    .option('--rpc <url>', 'begin with the chain of this EVM node')
    .option('--contract <address>', 'begin with the transfers of this token')
    .option('--yaml', 'begin with a pawl.yaml instead of a pawl.config.ts')
    .action(async ({ config: named, ...begin }: ConfigOption & BeginOptions) => {
      const style = createStyle(wantsColor(out))
      const say = (line: string): void => void out.write(`${line}\n`)
      if (named === undefined && anyConfig(process.cwd()) === undefined) {
        if (begin.yaml !== true) return beginProject(await answersOf(begin, ask), style, say)
        const { FIRST_YAML } = await import('../init-files.ts')
        await writeFile('pawl.yaml', FIRST_YAML, { flag: 'wx' })
        say(layOut({ did: 'made', path: 'pawl.yaml' }, style))
      }
      const file = findConfig(process.cwd(), named)
      if (isYaml(file)) await initProject(file, style, say)
      else say(`${basename(file)} is code, and its hooks are in it: there is nothing to begin beside it.`)
    })
}

/** What the flags say; where they say nothing, what the person at the terminal does. */
async function answersOf(
  { yes, rpc, contract }: BeginOptions,
  ask: CliContext['ask'],
): Promise<FirstProject> {
  const asks = yes !== true && rpc === undefined && contract === undefined ? ask : undefined
  const node = rpc ?? ((await asks?.('URL of an EVM node (nothing: a simulated chain):')) || undefined)
  const token =
    contract ??
    (node === undefined
      ? undefined
      : (await asks?.('Address of a token (nothing: transfers of all):')) || undefined)
  const issues = [
    ...(node === undefined || /^(?:https?|wss?):\/\/\S+$/.test(node)
      ? []
      : [
          {
            path: '',
            message: `--rpc: expected the URL of a node: http, https, ws or wss, got "${node.slice(0, 60)}"`,
          },
        ]),
    ...(token === undefined || /^0x[0-9a-fA-F]{40}$/.test(token)
      ? []
      : [
          {
            path: '',
            message: `--contract: expected an address of 0x and 40 hex digits, got "${token.slice(0, 60)}"`,
          },
        ]),
  ]
  if (issues.length > 0) throw new ConfigurationError(issues)
  return { rpc: node, contract: token }
}

async function beginProject(wanted: FirstProject, style: Style, say: (line: string) => void): Promise<void> {
  const { listFirstProject } = await import('../first-project.ts')
  const done: Written[] = []
  for (const file of listFirstProject(wanted)) {
    const written = await writeMissing(process.cwd(), file)
    done.push(written)
    say(layOut(written, style))
  }
  if (done.some(({ did, path }) => did === 'kept' && path === 'package.json')) {
    say(
      `${style('yellow', 'warning:')} package.json was there: see that it has "type": "module", and pawl, valibot, viem and xstate`,
    )
  }
  say('next: npm install && npm test && npm start')
}

async function initProject(file: string, style: Style, say: (line: string) => void): Promise<void> {
  // With a parser that the other commands do without.
  const [{ readYamlFile }, { listInitFiles }] = await Promise.all([
    import('../read-yaml-file.ts'),
    import('../init-files.ts'),
  ])
  const config = await readYamlFile(file)
  if (config.issues.length > 0) throw new ConfigurationError(config.issues)
  const directory = dirname(file)
  const done: Written[] = []
  for (const wanted of listInitFiles(file, config)) {
    const written = await writeMissing(directory, wanted)
    done.push(written)
    say(layOut(written, style))
  }
  const made = done.filter(({ did }) => did !== 'kept').length
  say(`${plural(made, 'file')} written beside ${basename(file)}, ${done.length - made} kept as they were`)
  for (const warning of config.warnings) say(`${style('yellow', 'warning:')} ${describeIssue(warning)}`)
  const packageFile = done.find(({ path }) => basename(path) === 'package.json')
  if (packageFile !== undefined && !isModulePackage(join(directory, packageFile.path)))
    say(
      `${style('yellow', 'warning:')} ${packageFile.path}: write "type": "module" there, for hooks are modules`,
    )
  if (made > 0) say('next: npm install, then npx pawl config check, then npx pawl run')
}

const layOut = ({ did, path }: Written, style: Style): string =>
  `${style(did === 'kept' ? 'dim' : 'green', did.padEnd(7))} ${path}`
