import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startPostgres } from '../src/database/embedded/start-postgres.ts'

export interface BenchServer {
  /** An empty database; its URL. */
  create(): Promise<string>
  stop(): Promise<void>
}

/** A PostgreSQL as users have it, with fsync on, in a folder that is thrown away. */
export async function startServer(): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-bench-'))
  const server = await startPostgres({ directory })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  let count = 0
  return {
    async create() {
      const name = `bench_${++count}`
      await admin.unsafe(`create database ${name}`)
      const url = new URL(server.url)
      url.pathname = `/${name}`
      return url.href
    },
    async stop() {
      await admin.end()
      await server.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
