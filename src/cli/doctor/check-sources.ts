import type { Config } from '../../config/config.ts'
import { formatCount } from '../../text/format-number.ts'
import { fault, type Finding } from './finding.ts'

/** ms. A node that answers later is of no use. */
const PATIENCE = 15_000

/**
 * Each index's datasource: asked for its chain and its head.
 * @param chains what they answered is put there, by index
 */
export async function* checkSources(config: Config, chains: Map<string, string>): AsyncGenerator<Finding> {
  const [{ SourceReader }, { systemClock }] = await Promise.all([
    import('../../indexing/source-reader.ts'),
    import('../../clock.ts'),
  ])
  const looked = Object.entries(config.indexes ?? {}).map(
    async ([index, { datasource }]): Promise<Finding> => {
      const check = `index ${index}`
      const source = new SourceReader({
        index,
        datasource,
        clock: systemClock,
        timeout: PATIENCE,
      })
      const signal = AbortSignal.timeout(PATIENCE)
      try {
        const chain = await source.chain(signal)
        if (chain !== undefined) chains.set(index, chain)
        const { level } = await source.head(undefined, signal)
        const of = chain === undefined ? '' : `chain ${chain}, `
        return { check, state: 'good', message: `${source.description}: ${of}head ${formatCount(level)}` }
      } catch (error) {
        return signal.aborted && error === signal.reason
          ? {
              check,
              state: 'bad',
              message: `${source.description} did not answer within ${PATIENCE / 1_000} s`,
            }
          : fault(check, error)
      } finally {
        // Nobody waits for it: it may never answer.
        void (async () => datasource.close?.())().catch(() => {})
      }
    },
  )
  for (const finding of looked) yield await finding
}
