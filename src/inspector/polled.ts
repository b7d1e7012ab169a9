/** ms between two readings, if nothing tells that there is something new. */
const USUALLY = 2_000
/** ms; after news. */
const SOON = 500
/** ms; after what a viewer did, who waits to see it. */
const AT_ONCE = 50
/** Reading takes no more than this part of the time, however much there is to read. */
const LARGEST_SHARE = 1 / 50

/** Reads something again and again while it is started: soon after news, else now and then, and never so often that it is a load. */
export class Polled<T> {
  readonly #read: () => Promise<T | undefined>
  readonly #onRead: (value: T) => void
  #timer: NodeJS.Timeout | undefined
  #started = false
  #reading = false
  /** ms until what is new should be read. */
  #news: number | undefined
  #notBefore = 0

  /** @param read undefined: it cannot be read now */
  constructor(read: () => Promise<T | undefined>, onRead: (value: T) => void) {
    this.#read = read
    this.#onRead = onRead
  }

  start(): void {
    this.#started = true
    this.#notBefore = 0
    this.#arm(0)
  }

  stop(): void {
    this.#started = false
    clearTimeout(this.#timer)
  }

  /** Something happened that changes it. */
  hint(): void {
    if (!this.#started || this.#news !== undefined) return
    this.#news = SOON
    if (!this.#reading) this.#arm(SOON)
  }

  /** A person changed it, and looks. */
  urge(): void {
    if (!this.#started) return
    this.#news = AT_ONCE
    this.#notBefore = 0
    if (!this.#reading) this.#arm(AT_ONCE)
  }

  #arm(delay: number): void {
    clearTimeout(this.#timer)
    const wait = Math.max(delay, this.#notBefore - Date.now())
    this.#timer = setTimeout(() => void this.#run(), wait).unref()
  }

  async #run(): Promise<void> {
    this.#reading = true
    this.#news = undefined
    const began = Date.now()
    try {
      const value = await this.#read()
      if (this.#started && value !== undefined) this.#onRead(value)
    } catch {
      // The database is away, which is told elsewhere; this is tried again.
    } finally {
      this.#reading = false
      const now = Date.now()
      this.#notBefore = this.#news === AT_ONCE ? now : now + (now - began) / LARGEST_SHARE
      if (this.#started) this.#arm(this.#news ?? USUALLY)
    }
  }
}
