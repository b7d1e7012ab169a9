import { describeIssue } from '../../../src/text/describe-issue.ts'
import {
  readYamlConfig,
  type ReadYamlOptions,
  type YamlConfig,
} from '../../../src/config/yaml/read-yaml-config.ts'

/** Reads lines as `pawl.yaml`. */
export const readLines = (lines: readonly string[], options: Partial<ReadYamlOptions> = {}): YamlConfig =>
  readYamlConfig(lines.join('\n'), {
    name: 'pawl.yaml',
    env: {},
    fromDipDup: false,
    hostTimezone: 'UTC',
    now: new Date('2026-01-01T00:00:00Z'),
    ...options,
  })

export const issuesOf = (lines: readonly string[], options: Partial<ReadYamlOptions> = {}): string[] =>
  readLines(lines, options).issues.map(describeIssue)

export const warningsOf = (lines: readonly string[], options: Partial<ReadYamlOptions> = {}): string[] =>
  readLines(lines, options).warnings.map(describeIssue)
