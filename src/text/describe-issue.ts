import type { ConfigurationIssue } from '../errors.ts'

/** `pawl.yaml:12:5: jobs.midnight.crontab: …`, as far as path and place are known. */
export function describeIssue({ path, message, place }: ConfigurationIssue): string {
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `
  return `${where}${path === '' ? '' : `${path}: `}${message}`
}
