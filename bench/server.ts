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

/** Of 16 MB each: more than any benchmark writes between two checkpoints. */
const LOG_FILES = 24

/** A PostgreSQL as users have it, with fsync on, in a folder that is thrown away. */
export async function startServer(): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-bench-'))
  const server = await startPostgres({ directory })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await useLogFilesAgain(admin)
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

/**
 * A server that has run for a while writes its log into files that are there. A new one makes each when it comes to it, and for those
 * 50 ms nobody commits.
 */
async function useLogFilesAgain(admin: postgres.Sql): Promise<void> {
  await admin`create table written (n int)`
  for (let n = 0; n < LOG_FILES; n += 1) {
    await admin`insert into written values (${n})`
    await admin`select pg_switch_wal()`
  }
  await admin`drop table written`
  await admin`checkpoint`
}
