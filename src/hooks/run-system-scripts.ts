import type { Database } from '../database/database.ts'
import type { SystemHookName } from './hook.ts'
import { lookForScripts } from './sql-script/find-scripts.ts'
import { runFiles } from './sql-script/run-script.ts'

/** Runs the scripts of a system hook's `sql/<name>`, where there are any. @throws SqlScriptError */
export async function runSystemScripts(
  name: SystemHookName,
  options: { readonly directory: string; readonly args: readonly unknown[]; readonly sql: Database['sql'] },
): Promise<void> {
  const scripts = await lookForScripts(options.directory, name)
  if (scripts !== undefined) await runFiles(scripts, options)
}
