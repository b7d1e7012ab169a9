import type { HookCallback } from 'pawl'

export const recount: HookCallback<'recount'> = async (ctx, { major, threshold }) => {
  await ctx.executeSqlScript('stats.recount', [major, threshold])
}
