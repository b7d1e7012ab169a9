import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { readYamlConfig, type YamlConfig } from '../config/yaml/read-yaml-config.ts'
import { ConfigurationError } from '../errors.ts'
import { isDipDup } from './find-config.ts'

/** Reads a `pawl.yaml` or a `dipdup.yaml` with this process's environment. @throws ConfigurationError if it cannot be read */
export async function readYamlFile(file: string): Promise<YamlConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigurationError([{ path: '', message: `${file} cannot be read` }], { cause })
  })
  return readYamlConfig(text, {
    name: nameOf(file),
    env: process.env,
    fromDipDup: isDipDup(file),
    hostTimezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    now: new Date(),
  })
}

/** As it is typed and clicked on, where it is near. */
function nameOf(file: string): string {
  const near = relative(process.cwd(), file)
  return near.startsWith('..') ? file : near
}
