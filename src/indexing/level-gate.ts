/** Lets levels run side by side, and exclusive work run alone between them. */
export interface LevelGate {
  /** Runs the transaction of a level. */
  level<T>(work: () => Promise<T>): Promise<T>
  /**
   * Runs `work` while no level is in flight: waits for those that run, and holds back those that come after it. In the order
   * of arrival, so that neither side starves.
   */
  exclusive<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

interface Waiting {
  readonly exclusive: boolean
  readonly start: () => void
}

export function createLevelGate(): LevelGate {
  const waiting: Waiting[] = []
  let levels = 0
  let alone = false

  const mayStart = ({ exclusive }: Waiting): boolean => !alone && (!exclusive || levels === 0)
  const startNext = (): void => {
    for (let next = waiting[0]; next !== undefined && mayStart(next); next = waiting[0]) {
      waiting.shift()
      if (next.exclusive) alone = true
      else levels += 1
      next.start()
    }
  }
  const turn = (exclusive: boolean, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        const at = waiting.indexOf(entry)
        if (at < 0) return
        waiting.splice(at, 1)
        reject(signal?.reason as Error)
        startNext()
      }
      const start = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const entry: Waiting = { exclusive, start }
      signal?.addEventListener('abort', leave)
      waiting.push(entry)
      startNext()
    })

  return {
    async level(work) {
      await turn(false)
      try {
        return await work()
      } finally {
        levels -= 1
        startNext()
      }
    },
    async exclusive(work, signal) {
      signal?.throwIfAborted()
      await turn(true, signal)
      try {
        return await work()
      } finally {
        alone = false
        startNext()
      }
    },
  }
}
