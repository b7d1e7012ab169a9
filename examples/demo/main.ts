import { checkNode } from './check-node.ts'
import { followNode } from './node-demo.ts'
import { runLocalDemo } from './local-demo.ts'
import { readOptions } from './read-options.ts'
import { terminal } from './running-pawl.ts'
import { describeError } from '../../src/text/describe-error.ts'

/** Ten times what it takes; a demo that hangs says so instead. */
const PATIENCE = 300_000

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  const stop = new AbortController()
  let code: number | undefined
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      // The second one is from somebody who does not want to wait.
      if (code !== undefined) process.exit(exitCode)
      code = exitCode
      stop.abort(new Error(`stopped by ${signal}`))
    })
  }
  try {
    if (options === undefined) {
      const late = AbortSignal.timeout(PATIENCE)
      return (await runLocalDemo(AbortSignal.any([stop.signal, late]))) ? 0 : 1
    }
    const complaint = await checkNode(options)
    if (complaint !== undefined) {
      process.stderr.write(`${complaint}\n`)
      return 2
    }
    await followNode(options, stop.signal)
    return code ?? 0
  } catch (error) {
    if (code !== undefined) return code
    const { message, causes, hint } = describeError(error)
    for (const line of [...message, ...causes.map((cause) => `caused by: ${cause}`), ...hint]) {
      terminal.line(line)
    }
    return 1
  }
}
