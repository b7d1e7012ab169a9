import type { Mutation } from './mutation.ts'

/** Faults of the journal and of what undoes levels by it, most of them in its SQL: the random runs of the rollback soak have to find them. */
export const ROLLBACK_MUTATIONS: readonly Mutation[] = [
  {
    fault: 'old rows are not kept',
    file: 'database/journal-shadow',
    from: 'if age(OLD.xmin) > 0 or not ${own}.is_mine(OLD.xmin) then',
    to: 'if false then',
  },
  {
    fault: 'no mark for a key that an update made',
    file: 'database/journal-shadow',
    from: 'if ${changed} then ${newKey} end if;',
    to: 'null;',
  },
  {
    fault: 'deletes are not journalled',
    file: 'database/journal-shadow',
    from: "body('delete', oldRow),",
    to: "body('delete', 'null;'),",
  },
  {
    fault: 'TRUNCATE keeps rows that the level itself wrote',
    file: 'database/journal-shadow',
    from: "' kept where not ' || ${quoteText(own)} || '.is_mine(kept.xmin)'",
    to: "' kept'",
  },
  {
    fault: 'TRUNCATE keeps nothing',
    file: 'database/journal-shadow',
    from: "body('truncate', truncated,",
    to: "body('truncate', 'null;',",
  },
  {
    fault: 'rows of savepoints count as older than their level',
    file: 'database/migrations/0003-journal',
    from: "is not distinct from 'in progress'",
    to: 'is null',
  },
  {
    fault: 'the last record of a key wins, not the first',
    file: 'database/revert-tables',
    from: "order by ${columns}, s.version, s.op = 'I' returning",
    to: "order by ${columns}, s.version desc, s.op = 'I' returning",
  },
  {
    fault: 'the mark of a new key wins over the old row',
    file: 'database/revert-tables',
    from: "order by ${columns}, s.version, s.op = 'I' returning",
    to: "order by ${columns}, s.version, s.op = 'O' returning",
  },
  {
    fault: "another index's writes are undone, too",
    file: 'database/revert-tables',
    from: 'v.id = s.version and v.index_id = ${range.indexId} and v.id >= ${range.first}',
    to: 'v.id = s.version and v.id >= ${range.first}',
  },
  {
    fault: 'a revert reaches into inheriting tables',
    file: 'database/revert-tables',
    from: 'target: table.partitioned ? table.qualified : `only ${table.qualified}`',
    to: 'target: table.qualified',
  },
  {
    fault: 'the level that stays is undone, too',
    file: 'database/revert-range',
    from: 'and level > ${toLevel}',
    to: 'and level >= ${toLevel}',
  },
  {
    fault: "users' triggers fire in a revert",
    file: 'database/revert-levels',
    from: "where position(t.enabled::text in ${suspended ? 'AR' : 'OA'}) > 0",
    to: 'where ${suspended} is null',
  },
  {
    fault: 'pruning takes a level too many',
    file: 'database/migrations/0014-journal-costs',
    from: 'delete from ${own}.version where index_id = p_index and level <= p_finalized',
    to: 'delete from ${own}.version where index_id = p_index and level <= p_finalized + 1',
  },
  {
    fault: 'pruning takes what another index needs',
    file: 'database/migrations/0014-journal-costs',
    from: 'where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3',
    to: 'where v.id = s.version and s.version <= $1 and $2 > 0 and v.level <= $3',
  },
  {
    fault: 'the default of an added column is not filled in',
    file: 'database/journal-columns',
    from: 'a.atthasmissing and op',
    to: 'false and op',
  },
  {
    fault: 'a column that was added counts as always there',
    file: 'database/journal-columns',
    from: 'since: last',
    to: "since: '0'",
  },
  {
    fault: 'rows that changed are put back, those that were deleted are not',
    file: 'database/revert-rows',
    from: "from ${table.first} f where f.op = 'O' ${only}",
    to: "from ${table.first} f where f.op = 'O' and f.version % 2 = 0 ${only}",
  },
]
