import type { Config } from './config/config.ts'

/**
 * What a process does: `indexer` follows chains, `scheduler` fires jobs, `worker` runs durable firings. Each hook that is awaited
 * runs where it was fired.
 */
export type Role = 'indexer' | 'scheduler' | 'worker'

export const ROLES: readonly Role[] = ['indexer', 'scheduler', 'worker']

/** Where the config names none, one process does all. */
export const rolesOf = ({ roles = ROLES }: Pick<Config, 'roles'>): ReadonlySet<Role> => new Set(roles)
