import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readableByOthers } from './postgres-binaries.ts'

/**
 * The data folder below `directory`, owned by the user who runs the server. Where that user cannot get to it (root's own
 * folders), it is in /var/lib/pawl instead, by a name that follows from `directory`.
 */
export function dataFolder(
  directory: string,
  user: { readonly uid: number; readonly gid: number } | undefined,
): string {
  const inside = join(resolve(directory), 'postgres')
  if (user === undefined) return made(inside)
  const key = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 16)
  const folder = made(readableByOthers(resolve(directory)) ? inside : join('/var/lib/pawl', key))
  chownSync(folder, user.uid, user.gid)
  return folder
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700)
  return folder
}
