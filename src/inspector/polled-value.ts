import { Polled } from './polled.ts'

/** Something small that is read again and again, and told when it is another. */
export class PolledValue<T> {
  readonly #polled: Polled<T>
  #value: T | undefined
  #text = ''
  #isNew = false

  constructor(read: () => Promise<T | undefined>) {
    this.#polled = new Polled(read, (value) => {
      const text = JSON.stringify(value)
      if (text === this.#text) return
      this.#text = text
      this.#value = value
      this.#isNew = true
    })
  }

  /** undefined: not read yet. */
  get value(): T | undefined {
    return this.#value
  }

  start(): void {
    this.#polled.start()
  }

  stop(): void {
    this.#polled.stop()
    this.#value = undefined
    this.#text = ''
    this.#isNew = false
  }

  hint(): void {
    this.#polled.hint()
  }

  urge(): void {
    this.#polled.urge()
  }

  /** If it has changed since it was called before. */
  take(): T | undefined {
    if (!this.#isNew) return undefined
    this.#isNew = false
    return this.#value
  }
}
