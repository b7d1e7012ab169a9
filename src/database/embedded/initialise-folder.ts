import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseUnavailableError } from '../../errors.ts'
import { spawnGuarded, type GuardedProcess } from './spawn-guarded.ts'

export interface Initialisation {
  /** The program initdb. */
  readonly program: string
  /** The data folder: there, and empty. */
  readonly data: string
  readonly password: string
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

const REMOVE_TRIES = 50
/** ms. */
const REMOVE_WAIT = 100

/**
 * Makes a new database in the data folder. Made aside and then renamed: a kill in the middle leaves a draft, and the next
 * start must not meet half a folder.
 *
 * @throws DatabaseUnavailableError with what initdb said
 */
export async function initialiseFolder({ program, data, password, user }: Initialisation): Promise<void> {
  const draft = `${data}.draft-${randomBytes(4).toString('hex')}`
  // initdb reads the password from a file that its own user can read; gone again before the server starts.
  const file = `${draft}.password`
  try {
    mkdirSync(draft, { mode: 0o700 })
    writeFileSync(file, password, { mode: 0o600 })
    if (user !== undefined) for (const path of [draft, file]) chownSync(path, user.uid, user.gid)
    const args = ['-D', draft, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${file}`]
      // The C locale is there on every machine, and sorts the same on each.
      .concat(['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'])
    await run({ program, args, user, cwd: draft })
    rmdirSync(data)
    renameSync(draft, data)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DatabaseUnavailableError(`PostgreSQL could not make its data folder ${data}:\n${reason}`, {
      cause,
    })
  } finally {
    await removeDrafts(data)
  }
}

/** Resolves when it ended well. @throws Error with what it said */
async function run(program: GuardedProcess): Promise<void> {
  const child = spawnGuarded(program)
  let said = ''
  child.stderr?.on('data', (chunk) => (said += String(chunk)))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (status !== 0) throw new Error(said.trim() || `${program.program} ended with ${status}`)
}

/**
 * Removes what kills left of data folders that were being made. The initdb of a process that was killed ends with it, but
 * not at once: what it still writes meanwhile is removed in a further try.
 */
export async function removeDrafts(data: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const drafts = readdirSync(dirname(data)).filter((name) => name.startsWith(`${basename(data)}.draft-`))
    if (drafts.length === 0) return
    try {
      for (const name of drafts) rmSync(join(dirname(data), name), { recursive: true, force: true })
    } catch {
      // 45 MB that are in nobody's way are no reason not to start; the next start tries again.
      if (tries === REMOVE_TRIES) return
      await new Promise((resolve) => setTimeout(resolve, REMOVE_WAIT))
    }
  }
}
