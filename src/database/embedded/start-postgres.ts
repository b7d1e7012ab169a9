import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseUnavailableError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { claimFolder } from './claim-folder.ts'
import { dataFolder } from './data-folder.ts'
import { initialiseFolder, removeDrafts } from './initialise-folder.ts'
import { platformPackage, postgresBinaries } from './postgres-binaries.ts'
import { launch } from './launch-postgres.ts'

export interface EmbeddedPostgres {
  /** With the password: for connecting, not for printing. */
  readonly url: string
  /** Ends the server in the fast way (open transactions are rolled back). Idempotent. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Where the data is kept; made when it is not there. */
  readonly directory: string
  /** false: nothing is written through to the disk. For tests, which throw the data away. Default: true. */
  readonly durable?: boolean
  /** The npm package to take PostgreSQL from. Default: the one for this machine, PostgreSQL 18. */
  readonly packageName?: string
  /** More settings: `['max_connections=200']`. */
  readonly settings?: readonly string[]
  /** Is told when the data folder is made, which takes seconds. */
  readonly logger?: Logger
}

/** PostgreSQL refuses to run as root: then it runs as `nobody`. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/**
 * Starts a real PostgreSQL from npm on a free loopback port, with a password that only this folder's owner can read. It ends
 * with this process, within 2 s also when that is killed.
 *
 * @throws FolderInUseError when another process works in the folder
 * @throws DatabaseUnavailableError when it cannot be started, with what it said
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = process.getuid?.() === 0 ? NOBODY : undefined
  const native = postgresBinaries(options.packageName ?? platformPackage, { otherUser: user !== undefined })
  mkdirSync(options.directory, { recursive: true, mode: 0o755 })
  const release = await claimFolder(options.directory)
  try {
    const data = dataFolder(options.directory, user)
    const isNew = !existsSync(join(data, 'PG_VERSION'))
    const password = passwordOf(options.directory, isNew ? undefined : data)
    await removeDrafts(data)
    if (isNew) {
      options.logger?.info(`making a PostgreSQL of Pawl's own in ${data}: some seconds, once`)
      await initialiseFolder({ program: program(native, 'initdb'), data, password, user })
    }
    checkVersion(native, data)
    const server = await launch({
      program: program(native, 'postgres'),
      control: program(native, 'pg_ctl'),
      data,
      user,
      settings: [
        ...(options.durable === false ? ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'] : []),
        ...(options.settings ?? []),
      ],
    })
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${server.port}/postgres`,
      stop: async () => {
        await server.stop()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

function program(native: string, name: string): string {
  return join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/**
 * Loopback is open to every user of the machine; the password is not.
 * @param data that has a password already
 * @throws DatabaseUnavailableError where that is lost: root's data is elsewhere, and stays where the folder is removed
 */
function passwordOf(directory: string, data: string | undefined): string {
  const file = join(directory, 'password')
  if (!existsSync(file)) {
    if (data !== undefined)
      throw new DatabaseUnavailableError(`the data of ${directory} is in ${data}, and ${file} is gone`, {
        hint: `Put the file back; or remove ${data}, too, to start anew.`,
        retriable: false,
      })
    // Written aside: a kill leaves no empty password, which no later start could use.
    writeFileSync(`${file}.draft`, randomBytes(24).toString('hex'), { mode: 0o600 })
    renameSync(`${file}.draft`, file)
  }
  return readFileSync(file, 'utf8')
}

function checkVersion(native: string, data: string): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  const { stdout } = spawnSync(program(native, 'postgres'), ['--version'], { encoding: 'utf8' })
  const ours = /(\d+)\.\d+/.exec(stdout)?.[1]
  if (ours === undefined || ours === found) return
  throw new DatabaseUnavailableError(
    `the data in ${data} was made by PostgreSQL ${found}; the one that Pawl brings is ${ours} and cannot read it`,
    { hint: 'Dump it with the old version and restore it, or remove the folder to start anew.' },
  )
}
