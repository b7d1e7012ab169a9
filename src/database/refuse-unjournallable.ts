import { UnjournallableTableError } from '../errors.ts'
import type { Sql, Transaction } from './database.ts'
import { readCatalog, readDanglingReferences, type CatalogRelation } from './journal-catalog.ts'
import { findProblem, kindsOf } from './journal-kinds.ts'

/** @throws UnjournallableTableError that names every table that cannot be covered, and the ways out */
export async function refuseUnjournallable(
  sql: Sql,
  catalog: readonly CatalogRelation[],
  immune: readonly string[],
  hint: string,
): Promise<void> {
  const kinds = kindsOf(catalog, immune)
  const problems = catalog.flatMap((relation) => findProblem(relation, catalog, kinds, immune) ?? [])
  const covered = catalog.filter(({ rel }) => ['table', 'partition'].includes(kinds.get(rel) ?? ''))
  const references = await readDanglingReferences(
    sql,
    covered.map(({ rel }) => rel),
  )
  for (const { constraint, from, to } of references) {
    problems.push(
      `table ${from} is not journalled, but its foreign key ${constraint} points into ${to}, which is: after a rollback it ` +
        `would point at rows that are gone. Drop the foreign key, or make both tables immune, or neither`,
    )
  }
  if (problems.length > 0) throw new UnjournallableTableError(problems.join('\n'), { hint })
}

/**
 * For the end of the transaction that makes the tables: later they would be there, and `on_reindex`, which could make others, would not
 * run again.
 * @throws as `refuseUnjournallable`
 */
export async function checkNewTables(
  { sql }: Transaction,
  { schema, immuneTables }: { readonly schema: string; readonly immuneTables: readonly string[] },
): Promise<void> {
  const hint = 'Nothing of on_reindex was stored. Mend it, and start again: it runs then.'
  await refuseUnjournallable(sql, await readCatalog(sql, schema), immuneTables, hint)
}
