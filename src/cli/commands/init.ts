import { writeFile } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import type { Command } from 'commander'
import { ConfigurationError, type ConfigurationIssue } from '../../errors.ts'
import { describeIssue } from '../../text/describe-issue.ts'
import { anyConfig, CONFIG_OPTION, findConfig, isYaml } from '../find-config.ts'
import { plural } from '../../text/format-number.ts'
import { wantsColor } from '../output-stream.ts'
import { createStyle, type Style } from '../../text/style.ts'
import { firstAnswers } from '../first-answers.ts'
import type { FirstProject } from '../first-project.ts'
import type { ProjectPackage } from '../package-manifest.ts'
import { writeManifest, writeMissing, type Written } from '../write-missing.ts'
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
      const found = named === undefined ? anyConfig(process.cwd()) : findConfig(process.cwd(), named)
      refuseUseless(begin, found)
      if (found === undefined) {
        if (begin.yaml !== true) return beginProject(await firstAnswers(begin, ask, say), style, say)
        const { FIRST_YAML } = await import('../init-files.ts')
        await writeFile('pawl.yaml', FIRST_YAML, { flag: 'wx' })
        say(layOut({ did: 'made', path: 'pawl.yaml' }, style))
      }
      const file = found ?? findConfig(process.cwd())
      if (isYaml(file)) await initProject(file, style, say)
      else say(`${basename(file)} is code, and its hooks are in it: there is nothing to begin beside it.`)
    })
}

/** What would be passed over is told instead. */
function refuseUseless({ rpc, contract, yaml }: BeginOptions, found: string | undefined): void {
  const given = Object.entries({ '--rpc': rpc, '--contract': contract, '--yaml': yaml }).flatMap(
    ([flag, value]) => (value === undefined ? [] : [flag]),
  )
  const refuse = (flags: readonly string[], why: string): never => {
    throw new ConfigurationError([{ path: '', message: `${flags.join(', ')}: ${why}` }])
  }
  if (found !== undefined && given.length > 0)
    refuse(given, `the project is begun already, with ${basename(found)}`)
  if (yaml === true && given.length > 1)
    refuse(
      given.filter((flag) => flag !== '--yaml'),
      'not with --yaml, which begins without an index',
    )
  if (contract !== undefined && rpc === undefined)
    refuse(['--contract'], 'name the node of its chain, too: --rpc <url>')
}

async function beginProject(wanted: FirstProject, style: Style, say: (line: string) => void): Promise<void> {
  const [{ listFirstProject, firstManifest }, { readPackage, commandOf }] = await Promise.all([
    import('../first-project.ts'),
    import('../package-manifest.ts'),
  ])
  const directory = process.cwd()
  const there = readPackage(directory)
  const manifest = firstManifest(there.ending)
  say(layOut(await writeManifest(directory, there, manifest), style))
  for (const file of listFirstProject(wanted, there.ending))
    say(layOut(await writeMissing(directory, file), style))
  const [test, start] = [commandOf('test', manifest, there), commandOf('start', manifest, there)]
  say(`next: npm install && ${test} && ${start}`)
}

async function initProject(file: string, style: Style, say: (line: string) => void): Promise<void> {
  // With a parser that the other commands do without.
  const [{ readYamlFile }, { listInitFiles, yamlManifest }, manifests] = await Promise.all([
    import('../read-yaml-file.ts'),
    import('../init-files.ts'),
    import('../package-manifest.ts'),
  ])
  const config = await readYamlFile(file)
  // Stubs are written of hooks alone: a password is not set where one only begins.
  const isNeeded = (issue: ConfigurationIssue): boolean =>
    !config.unset.has(issue) || /^hooks(?:\.|$)/.test(issue.path)
  if (config.issues.some(isNeeded)) throw new ConfigurationError(config.issues)
  const directory = dirname(file)
  const there = manifests.nearestPackage(directory)
  const manifest = yamlManifest()
  const done: Written[] = [await writeManifest(directory, there, manifest)]
  for (const wanted of listInitFiles(file, config, there.ending))
    done.push(await writeMissing(directory, wanted))
  for (const written of done) say(layOut(written, style))
  const made = done.filter(({ did }) => did !== 'kept').length
  say(`${plural(made, 'file')} written beside ${basename(file)}, ${done.length - made} kept as they were`)
  for (const warning of [...config.issues, ...config.warnings])
    say(`${style('yellow', 'warning:')} ${describeIssue(warning)}`)
  for (const line of adviseOn(done, directory, there, manifests.completePackage(there, manifest).added))
    say(`${style('yellow', 'warning:')} ${line}`)
  if (made > 0) say('next: npm install && npx pawl config check && npx pawl run')
}

/** What is left to the user: code of theirs that is no ES module yet, and a package.json that is not of this folder. */
function adviseOn(
  done: readonly Written[],
  directory: string,
  { file, ending }: ProjectPackage,
  lacking: readonly string[],
): readonly string[] {
  const name = relative(directory, file)
  const code = done.find(({ did, path }) => did === 'kept' && /(?<!\.d)\.[jt]s$/.test(path))
  const packages = lacking.filter((one) => !one.startsWith('scripts.') && one !== 'type')
  return [
    ...(code === undefined || ending === '.ts'
      ? []
      : [`${name}: write "type": "module" there, for ${code.path} is an ES module; or name it .mts`]),
    ...(packages.length === 0 || dirname(file) === directory
      ? []
      : [
          `${name} is of a folder above, and lacks ${packages.join(', ')}: npm install ${packages.join(' ')}`,
        ]),
  ]
}

const layOut = ({ did, path }: Written, style: Style): string =>
  `${style(did === 'kept' ? 'dim' : 'green', did.padEnd(7))} ${path}`
