import type { ConfigurationIssue } from '../errors.ts'

/** The key under which a config that was read from a file of text carries where it comes from. */
export const CONFIG_SOURCE = Symbol('pawl.configSource')

export interface ConfigSource {
  /** What the file has beyond a config. */
  readonly warnings: readonly ConfigurationIssue[]
  /** The issue with its place in the file, and the path that it has there. */
  readonly locate: (issue: ConfigurationIssue) => ConfigurationIssue
}

const MODULE: ConfigSource = { warnings: [], locate: (issue) => issue }

/** Where a config comes from; one that was written as code has no places. */
export const sourceOf = (config: { readonly [CONFIG_SOURCE]?: ConfigSource }): ConfigSource =>
  config[CONFIG_SOURCE] ?? MODULE
