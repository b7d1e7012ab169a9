import type { Config } from '../../config/config.ts'
import { fault, type Finding } from './finding.ts'

/** Those that a start would listen at, each tried for a moment. */
export async function* checkPorts({ monitoring, inspector = false }: Config): AsyncGenerator<Finding> {
  const { listen } = await import('../../inspector/http-server.ts')
  const wanted = { monitoring, inspector: typeof inspector === 'object' ? inspector : undefined }
  for (const [name, options] of Object.entries(wanted)) {
    // Without a port of its own the inspector takes any that is free.
    const { host = '127.0.0.1', port } = options ?? {}
    if (port === undefined || port === 0) continue
    const check = `port ${port}`
    try {
      const server = await listen(() => {}, { host, port, path: `${name}.port` })
      await server.close()
      yield { check, state: 'good', message: `free, for ${name}` }
    } catch (error) {
      yield fault(check, error)
    }
  }
}
