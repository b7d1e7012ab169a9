import type { HookCallback } from 'pawl'

export const fetch_quotes: HookCallback<'fetch_quotes'> = async (ctx, { pair, since, depth }) => {
  // An exchange's answer, in the place of one.
  for (let minute = 0; minute < depth; minute += 1) {
    await ctx.sql`
      insert into quote values (${pair}, ${since}::timestamp at time zone 'UTC' + make_interval(mins => ${minute}), ${minute})
      on conflict do nothing`
  }
}
