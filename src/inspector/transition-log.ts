import type { ShownTransition } from './shown.ts'

/** Of one machine, in one message: a second of the busiest root has thousands, and a person reads a few. */
const MOST_NEW = 20
/** Of one machine. */
const MOST_KEPT = 40

/** The last transitions of each machine: those of a thousand jobs drown no other. */
export class TransitionLog {
  readonly #fresh = new Map<string, ShownTransition[]>()
  readonly #kept = new Map<string, ShownTransition[]>()
  #n = 0

  note(transition: Omit<ShownTransition, 'n'>): void {
    this.#n += 1
    push(this.#fresh, { n: this.#n, ...transition }, MOST_NEW)
  }

  /** Those that were taken already, in order. */
  get recent(): readonly ShownTransition[] {
    return inOrder(this.#kept)
  }

  /** What is new since it was called before. */
  take(): readonly ShownTransition[] {
    const fresh = inOrder(this.#fresh)
    this.#fresh.clear()
    for (const transition of fresh) push(this.#kept, transition, MOST_KEPT)
    return fresh
  }

  clear(): void {
    this.#fresh.clear()
    this.#kept.clear()
  }
}

function push(byMachine: Map<string, ShownTransition[]>, transition: ShownTransition, most: number): void {
  const list = byMachine.get(transition.machine)
  if (list === undefined) byMachine.set(transition.machine, [transition])
  else {
    list.push(transition)
    if (list.length > most) list.shift()
  }
}

const inOrder = (byMachine: ReadonlyMap<string, readonly ShownTransition[]>): readonly ShownTransition[] =>
  [...byMachine.values()].flat().toSorted((one, other) => one.n - other.n)
