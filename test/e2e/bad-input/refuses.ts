import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import postgres from 'postgres'
import { createFolder, linkDependencies, runCli } from '../../cli/cli-process.ts'

export interface BadInput {
  readonly files: Readonly<Record<string, string>>
  /** Lines of stderr, the whole of it; the project's folder is called `<folder>`. */
  readonly says: readonly string[]
  /** The config is fine: what is wrong shows only when it is started. */
  readonly started: boolean
  /** Run `config check`, too. Default: false. */
  readonly checked?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** Default: 2. It is 1 where the same input may do later. */
  readonly code?: 1 | 2
}

/**
 * Runs `pawl` in a project with this input: it ends with 2 (or `code`), says what is wrong, and touches neither the project's folder
 * nor the database, which is the one in DATABASE_URL unless `env` names another.
 */
export async function refuses(t: TestContext, databaseUrl: string, input: BadInput): Promise<void> {
  const { files, says, started, checked = false, env = {}, code: expected = 2 } = input
  const folder = createFolder(t, files)
  linkDependencies(folder)
  const before = readdirSync(folder)
  const whole = { DATABASE_URL: databaseUrl, ...env }
  for (const args of checked ? [['run'], ['config', 'check']] : [['run']]) {
    const { code, out, err } = await runCli(t, folder, args, whole)
    assert.deepEqual({ code, err: err.split('\n') }, { code: expected, err: [...says, ''] }, args.join(' '))
    assert.match(out, started ? /^\d\d:\d\d:\d\d ● failed\n$/ : /^$/)
  }
  assert.deepEqual(readdirSync(folder), before)
  assert.deepEqual(await contentOf(databaseUrl), [])
}

/** All that is not PostgreSQL's own: schemas, and whatever is in them. */
async function contentOf(url: string): Promise<unknown[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const rows = await sql`
      select nspname as name from pg_namespace where nspname !~ '^(pg_|information_schema$|public$)'
      union all select relname from pg_class where relnamespace = 'public'::regnamespace`
    return rows.map(({ name }) => name as unknown)
  } finally {
    await sql.end()
  }
}
