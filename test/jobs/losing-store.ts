import type { JobStore } from '../../src/jobs/job-store.ts'

/** The same store, which loses the answer of a call: what was asked for is done, and who asked does not hear of it. */
export function losingStore(store: JobStore) {
  let lost: keyof JobStore | undefined
  const losing = new Proxy(store, {
    get: (target, key: keyof JobStore) => {
      const method = (target[key] as (...given: unknown[]) => Promise<unknown>).bind(target)
      return async (...given: unknown[]) => {
        const answer = await method(...given)
        if (lost !== key) return answer
        lost = undefined
        throw new Error('the answer was lost')
      }
    },
  })
  /** Of the next call of this method. */
  const lose = (method: keyof JobStore): void => void (lost = method)
  return { store: losing, lose }
}
