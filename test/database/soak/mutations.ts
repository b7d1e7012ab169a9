// Can the rollback soak fail at all? `npm run soak:mutations`: each of these faults is put into a copy of the build, and the random
// runs have to find it. PAWL_RUNS says after how many it counts as not found; `-- 3 7` runs those two alone.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { withScope } from '../../support/scope.ts'
import { startTestServer } from '../../support/test-server.ts'

interface Mutation {
  readonly fault: string
  /** In `src/database/`, as compiled. */
  readonly file: string
  readonly from: string
  readonly to: string
}

const MUTATIONS: readonly Mutation[] = [
  {
    fault: 'old rows are not kept',
    file: 'journal-shadow',
    from: 'if age(OLD.xmin) > 0 or not ${own}.is_mine(OLD.xmin) then',
    to: 'if false then',
  },
  {
    fault: 'no mark for a key that an update made',
    file: 'journal-shadow',
    from: 'if ${changed} then ${newKey}; end if;',
    to: 'null;',
  },
  {
    fault: 'deletes are not journalled',
    file: 'journal-shadow',
    from: "'after update or delete'",
    to: "'after update'",
  },
  {
    fault: 'TRUNCATE keeps rows that the level itself wrote',
    file: 'journal-shadow',
    from: "' kept where not ' || ${quoteText(own)} || '.is_mine(kept.xmin)'",
    to: "' kept'",
  },
  {
    fault: 'TRUNCATE keeps nothing',
    file: 'journal-shadow',
    from: "body('truncate', truncated,",
    to: "body('truncate', 'null',",
  },
  {
    fault: 'rows of savepoints count as older than their level',
    file: 'migrations/0003-journal',
    from: "is not distinct from 'in progress'",
    to: 'is null',
  },
  {
    fault: 'the last record of a key wins, not the first',
    file: 'revert-tables',
    from: "order by ${columns}, s.version, s.op = 'I'`",
    to: "order by ${columns}, s.version desc, s.op = 'I'`",
  },
  {
    fault: 'the mark of a new key wins over the old row',
    file: 'revert-tables',
    from: "order by ${columns}, s.version, s.op = 'I'`",
    to: "order by ${columns}, s.version, s.op = 'O'`",
  },
  {
    fault: 'a revert reaches into inheriting tables',
    file: 'revert-tables',
    from: 'target: table.partitioned ? table.qualified : `only ${table.qualified}`',
    to: 'target: table.qualified',
  },
  {
    fault: 'the level that stays is undone, too',
    file: 'revert-range',
    from: 'and level > ${toLevel}',
    to: 'and level >= ${toLevel}',
  },
  {
    fault: "users' triggers fire in a revert",
    file: 'revert-levels',
    from: "and position(t.tgenabled::text in ${suspended ? 'AR' : 'OA'}) > 0",
    to: 'and ${suspended} is null',
  },
  {
    fault: 'pruning takes a level too many',
    file: 'migrations/0003-journal',
    from: 'v.index_id = $2 and v.level <= $3',
    to: 'v.index_id = $2 and v.level <= $3 + 1',
  },
  {
    fault: 'pruning takes what another index needs',
    file: 'migrations/0003-journal',
    from: 'where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3',
    to: 'where v.id = s.version and s.version <= $1 and $2 > 0 and v.level <= $3',
  },
  {
    fault: 'the default of an added column is not filled in',
    file: 'journal-columns',
    from: 'a.atthasmissing and op',
    to: 'false and op',
  },
  {
    fault: 'a column that was added counts as always there',
    file: 'journal-columns',
    from: 'since: last',
    to: "since: '0'",
  },
  {
    fault: 'rows that changed are put back, those that were deleted are not',
    file: 'revert-rows',
    from: "from ${table.first} f where f.op = 'O' ${absent}",
    to: "from ${table.first} f where f.op = 'O' and f.version % 2 = 0 ${absent}",
  },
]

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const chosen = process.argv.slice(2).map(Number)
const mutations = chosen.length === 0 ? MUTATIONS : chosen.flatMap((n) => MUTATIONS[n - 1] ?? [])
const runs = process.env['PAWL_RUNS'] ?? '150'
const run = promisify(execFile)

await withScope(async (scope) => {
  const server = await startTestServer()
  scope.after(() => server.stop())
  const missed: string[] = []
  for (const mutation of mutations) {
    const found = await findIn(mutation, server.url)
    console.log(`${found === undefined ? 'NOT FOUND' : `found at ${found}`}: ${mutation.fault}`)
    if (found === undefined) missed.push(mutation.fault)
  }
  console.log(`${mutations.length - missed.length} of ${mutations.length} found`)
  if (missed.length > 0) process.exitCode = 1
})

/** The seed that the fault was found at; undefined: none of them. */
async function findIn({ file, from, to }: Mutation, server: string): Promise<string | undefined> {
  const copy = mkdtempSync(join(tmpdir(), 'pawl-mutation-'))
  try {
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
    cpSync(join(root, 'package.json'), join(copy, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const path = join(copy, 'dist/src/database', `${file}.js`)
    const source = readFileSync(path, 'utf8')
    if (!source.includes(from)) throw new Error(`${file} has no «${from}» any more: adapt the mutation`)
    writeFileSync(
      path,
      source.replaceAll(from, () => to),
    )
    const env = { ...process.env, PAWL_TEST_SERVER: server, PAWL_RUNS: runs, PAWL_SEED: '1' }
    const soak = join(copy, 'dist/test/database/soak/main.js')
    return await run(process.execPath, [soak], { env }).then(
      () => undefined,
      (error: unknown) =>
        /seed \d+/.exec(String((error as { stderr?: unknown }).stderr))?.[0] ?? String(error),
    )
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
