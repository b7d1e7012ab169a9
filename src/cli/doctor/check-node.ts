import type { Finding } from './finding.ts'

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const message = `Node ${version}`
  if (major > 20 || (major === 20 && minor >= 19)) return { check: 'node', state: 'good', message }
  return { check: 'node', state: 'bad', message, advice: 'Pawl needs Node 20.19 or newer.' }
}
