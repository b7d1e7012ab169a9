import { createRequire } from 'node:module'
import type { WorkerUtilsOptions } from 'graphile-worker'

type Pool = NonNullable<WorkerUtilsOptions['pgPool']>

/**
 * A pool of the `pg` that graphile-worker itself uses. One of graphile-worker's own is not waited for when that stops, and has
 * nobody then who would hear of a session that ends meanwhile: an error that would end the process.
 */
export function openPool(connectionString: string, max: number): Pool {
  const graphile = createRequire(import.meta.url).resolve('graphile-worker')
  const { Pool: OwnPool } = createRequire(graphile)('pg') as {
    readonly Pool: new (options: { readonly connectionString: string; readonly max: number }) => Pool
  }
  const pool = new OwnPool({ connectionString, max })
  // Whoever waits for a statement of that session is told by its own error.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
