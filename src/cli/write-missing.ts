import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { GENERATED } from '../config/yaml/describe-project.ts'
import { findCode } from './load-callbacks.ts'
import type { InitFile } from './init-files.ts'
import { completePackage, type Manifest, type ProjectPackage } from './package-manifest.ts'

/** What became of a file: `kept` names what is there. */
export type Written = { readonly did: 'made' | 'renewed' | 'added' | 'kept'; readonly path: string }

/** Writes a file where it is missing. What is there stays as it is, but for what Pawl itself generated. */
export async function writeMissing(directory: string, file: InitFile): Promise<Written> {
  const path = join(directory, file.path)
  const there = findInstead(directory, file)
  if (there === undefined) {
    await mkdir(dirname(path), { recursive: true })
    // Not over a file that came up in between, either.
    await writeFile(path, file.text, { flag: 'wx' })
    return { did: 'made', path: file.path }
  }
  if (file.insteadOf === 'generated') {
    const text = await readFile(path, 'utf8')
    if (text.startsWith(GENERATED) && text !== file.text) {
      await writeFile(path, file.text)
      return { did: 'renewed', path: file.path }
    }
  }
  return { did: 'kept', path: there }
}

/** The path of what makes the file needless, as a person would look for it. */
function findInstead(directory: string, { path, insteadOf }: InitFile): string | undefined {
  if (insteadOf === 'code') {
    const found = findCode(directory, path.replace(/\.m?ts$/, ''))
    return found === undefined ? undefined : found.slice(directory.length + 1)
  }
  if (insteadOf === 'sql')
    return [dirname(path), `${dirname(path)}.sql`].find((name) => existsSync(join(directory, name)))
  if (insteadOf === 'generated' || insteadOf === 'here')
    return existsSync(join(directory, path)) ? path : undefined
  return findUpwards(directory, path)
}

/** The nearest file of this name, up to the folder of the package that `directory` is in. */
function findUpwards(directory: string, name: string, way = ''): string | undefined {
  if (existsSync(join(directory, name))) return `${way}${name}`
  const parent = dirname(directory)
  if (parent === directory || existsSync(join(directory, 'package.json'))) return undefined
  return findUpwards(parent, name, `../${way}`)
}

/** Adds to a package.json what is missing there; of a folder above it is left to the user, as is what is in it already. */
export async function writeManifest(
  directory: string,
  there: ProjectPackage,
  manifest: Manifest,
): Promise<Written> {
  const { text, added } = completePackage(there, manifest)
  const path = relative(directory, there.file)
  if (added.length === 0 || dirname(there.file) !== directory) return { did: 'kept', path }
  await writeFile(there.file, text)
  return there.text === undefined
    ? { did: 'made', path }
    : { did: 'added', path: `to ${path}: ${added.join(', ')}` }
}
