import type { Runtime } from './runtime.ts'

/**
 * Tells of durable firings that wait for confirmations of an index that nobody follows: it would have to go on for them.
 * @param index left out: of any
 */
export async function tellUnconfirmed(
  { config, database, indexes, leases, logger, root }: Runtime,
  index?: string,
): Promise<void> {
  const { sql, ownSchema } = database
  const own = sql(ownSchema)
  const followed = Object.keys(leases.areSpread ? (config.indexes ?? {}) : indexes.configs)
  try {
    const rows = await sql<{ name: string; firings: number }[]>`
      select i.name, count(*)::int as firings from ${own}.firing f join ${own}.index i on i.id = f.index_id
      where f.state = 'queued' and i.level < f.level + f.confirmations
        and i.name <> all (${followed}::text[]) and i.name = coalesce(${index ?? null}, i.name)
      group by i.name order by i.name`
    for (const { name, firings } of rows) root.emit({ type: 'index.unconfirmed', index: name, firings })
  } catch (error) {
    // The next start tells of them.
    logger.debug('the queue of hooks cannot be read yet', { error })
  }
}
