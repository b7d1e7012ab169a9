import type postgres from 'postgres'
import type { HookConfigs } from '../config/config.ts'
import type { Database, Sql } from '../database/database.ts'
import type { ConfigurationIssue } from '../errors.ts'
import type { Logger } from '../logger.ts'

/** What an executor gets of the project that it works for. */
export interface ExecutorProject {
  readonly database: Database
  readonly hooks: HookConfigs
  readonly logger: Logger
}

/**
 * A job queue that tells the workers when to run durable firings, in the place of Pawl's own. The ledger (`pawl.firing`) stays the
 * truth: a message only says that a hook may have something to run, so that one that is lost, late or delivered twice changes
 * neither what runs nor how often.
 */
export interface Executor {
  /** For people. */
  readonly name: string
  /** What is wrong with its options. */
  check(hooks: readonly string[]): readonly ConfigurationIssue[]
  /** Makes what it needs in the database. @throws ConfigurationError where it is not installed */
  open(project: ExecutorProject): Promise<OpenExecutor>
}

/** So many messages for a hook. */
export interface Message {
  readonly hook: string
  readonly count: number
  /** Not to be delivered before. */
  readonly dueAt: Date
}

export interface OpenExecutor {
  /** Messages that a process works on at a time. */
  readonly concurrency: number
  /** An expression that sends a message for a firing of a hook, for the statement that queues the firing. */
  message(sql: Sql, hook: string, firing: string): postgres.Fragment
  /** Those of these hooks for which no message could be delivered now. */
  unheard(hooks: readonly string[]): Promise<readonly string[]>
  /** Sends messages; not those that a message comes before anyway. */
  send(messages: readonly Message[]): Promise<void>
  /**
   * Delivers messages to this process until it is stopped.
   * @param work done while a message is held. When it rejects, or the process dies, the message is delivered again
   * @param names told under which names this process holds messages, each before its first one
   */
  start(work: (hook: string) => Promise<void>, names: ReceiverNames): Promise<Deliveries>
  /** Lets go what receivers held whose processes are gone. */
  release(sql: Sql, receivers: readonly string[]): Promise<void>
}

/** Names under which a process holds messages. An executor that had to begin anew may have several for a while. */
export interface ReceiverNames {
  held(receiver: string): void
  /** Nobody here works on what is held under it any more: it can be let go. */
  left(receiver: string): void
}

export interface Deliveries {
  /** Takes no more messages; resolves when those that it has are done, or were given back. */
  stop(): Promise<void>
}
