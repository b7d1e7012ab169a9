/**
 * Reads for as many as ask, once at a time, and lets nobody wait longer than `patience` ms: who asks again while nobody answers
 * would take a session each time. Never rejects.
 * @returns undefined: it could not be read, or not in time
 */
export function sharedRead<T>(read: () => Promise<T>, patience: number): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined
  return async () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patience)
    })
    try {
      return await Promise.race([reading, late])
    } finally {
      clearTimeout(timer)
    }
  }
}
