import * as v from 'valibot'
import { hook } from 'pawl'

/** Pawl's own executor, Pawl with graphile-worker, graphile-worker as it is, and tuned for many small jobs. */
export type FleetKind = 'local' | 'graphile' | 'bare' | 'tuned'

/** A hook that does nothing, so many at a time; `fill` queues many of it in one transaction. */
export const fleetHooks = (maxConcurrency: number) => ({
  empty: hook({ args: { n: v.number() }, maxConcurrency, run: () => {} }),
  fill: hook({
    args: { count: v.number() },
    atomic: true,
    run: async (ctx, { count }) => {
      for (let n = 0; n < count; n += 1) await ctx.fireHook('empty', { n }, { wait: false })
    },
  }),
})
