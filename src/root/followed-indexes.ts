import type { Config, IndexConfig, IndexConfigs } from '../config/config.ts'
import type { Datasource } from '../datasources/datasource.ts'

/** The indexes that a process may follow that indexes. */
export const followedIndexes = ({ indexes = {}, follow }: Config): IndexConfigs =>
  follow === undefined ? indexes : onlyThese(indexes, follow)

export const onlyThese = (indexes: IndexConfigs, names: readonly string[]): IndexConfigs =>
  Object.fromEntries(Object.entries<IndexConfig>(indexes).filter(([name]) => names.includes(name)))

/** Those of the config, whoever follows the indexes. */
export const sourcesOf = ({ indexes = {} }: Config): Readonly<Record<string, Datasource>> =>
  Object.fromEntries(Object.entries<IndexConfig>(indexes).map(([name, { datasource }]) => [name, datasource]))
