import type { OutputStream } from '../output-stream.ts'
import type { Faults } from '../process-faults.ts'
import type { StopRequests } from '../stop-requests.ts'

/** What the commands have of the process they run in. */
export interface CliContext {
  readonly out: OutputStream
  readonly debug: boolean
  /** Asks the person at the terminal; undefined: there is none. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined
  /** Asks that person for a line; undefined: there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined
  readonly stops: StopRequests
  readonly faults: Faults
  readonly force: (exitCode: number) => void
  /** How a command ended that knows better than its not having thrown; an error is printed. */
  readonly exit: (code: number, error?: unknown) => void
}

export interface ConfigOption {
  readonly config?: string
}

export interface JsonOption {
  readonly json?: boolean
}
