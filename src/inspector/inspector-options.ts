import type { Redact } from './redaction.ts'

export interface InspectorOptions {
  /** Default: 127.0.0.1, this machine only. Whoever else can reach it still needs the token, which is sent unencrypted. */
  readonly host?: string
  /** 0: any that is free. Default: 7295 (PAWL on a telephone), or any that is free where that is taken. */
  readonly port?: number
  /** Shows, and takes no commands. Default: false. */
  readonly readOnly?: boolean
  /** At least 16 characters. Default: a new one at each start. */
  readonly token?: string
  /**
   * Called with each key and value of arguments and contexts before they are shown; what it returns is shown instead.
   * Default: text whose key looks like that of a secret is hidden.
   */
  readonly redact?: Redact
  /** Called with the address, its token included, as soon as it answers. */
  readonly onOpen?: (url: string) => void
}

export const DEFAULT_PORT = 7295
