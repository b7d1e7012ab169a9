import { spawnGuarded } from './spawn-guarded.ts'

export interface StoppedServer {
  /** The program pg_ctl. */
  readonly control: string
  readonly data: string
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

/** Seconds. */
const WAIT = 30

/** Ends the server of a data folder in the fast way, whoever started it. Resolves when it has ended, or could not be ended. */
export async function stopServer({ control, data, user }: StoppedServer): Promise<void> {
  const args = ['stop', '-D', data, '-m', 'fast', '-w', '-t', String(WAIT), '-s']
  const child = spawnGuarded({ program: control, args, user, cwd: data })
  child.stderr?.resume()
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
}
