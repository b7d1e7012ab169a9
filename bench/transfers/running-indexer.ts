import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { IndexerLine, IndexerOptions } from './indexer.ts'

type Progress = Extract<IndexerLine, { type: 'progress' }>
type Usage = Extract<IndexerLine, { type: 'usage' }>

/** A process of `indexer.ts`. Times are ms since 1970. */
export interface RunningIndexer {
  readonly startedAt: number
  readonly pid: number
  readonly lines: readonly IndexerLine[]
  /** Resolves with the first line, told already or later, that this is true of. Rejects when the process ends before. */
  until<Line extends IndexerLine>(is: (line: IndexerLine) => line is Line): Promise<Line>
  /** Until the head that has this hash is committed by the index. Default: `transfers`, the first. */
  reached(hash: string, index?: string): Promise<Progress>
  stop(): Promise<Usage>
  kill(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('indexer.js', import.meta.url))

export function startIndexer(options: IndexerOptions, nodeArguments: readonly string[] = []): RunningIndexer {
  const startedAt = performance.timeOrigin + performance.now()
  const child = spawn(process.execPath, [...nodeArguments, SCRIPT, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const end = (): boolean => child.kill('SIGKILL')
  process.once('exit', end)
  const lines: IndexerLine[] = []
  const waiting = new Set<{ look: (line: IndexerLine) => void; fail: (error: Error) => void }>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as IndexerLine
    lines.push(line)
    for (const { look } of waiting) look(line)
  })
  const closed = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', end)
      for (const { fail } of waiting) fail(new Error(`the indexer ended: ${code ?? signal}`))
      resolve()
    })
  })
  const until = <Line extends IndexerLine>(is: (line: IndexerLine) => line is Line): Promise<Line> => {
    const told = lines.find(is)
    if (told !== undefined) return Promise.resolve(told)
    return new Promise((resolve, reject) => {
      const entry = {
        look: (line: IndexerLine) => {
          if (!is(line)) return
          waiting.delete(entry)
          resolve(line)
        },
        fail: reject,
      }
      waiting.add(entry)
    })
  }
  return {
    startedAt,
    pid: child.pid ?? 0,
    lines,
    until,
    reached: (hash, index = 'transfers') =>
      until(
        (line): line is Progress => line.type === 'progress' && line.hash === hash && line.index === index,
      ),
    async stop() {
      child.kill('SIGTERM')
      const usage = await until((line): line is Usage => line.type === 'usage')
      await closed
      return usage
    },
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}
