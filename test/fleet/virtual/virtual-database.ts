/** A firing as its row says it. */
export interface VirtualFiring {
  readonly id: number
  readonly hook: string
  readonly queuedAt: number
  worker: number | undefined
  /** Since when its worker is dead. */
  orphanedAt: number | undefined
  effects: number
}

export interface VirtualLease {
  holder: number
  fence: number
  expiresAt: number
  /** The backend of its heartbeat is there. */
  session: boolean
}

/**
 * The rows that a fleet agrees by, and the statements of Pawl on them: each is one step here, as it is one transaction there. What it
 * does not model: how long a statement takes, locks that are waited for, and a server that is full.
 */
export class VirtualDatabase {
  readonly processes = new Map<number, number>()
  readonly lanes = new Map<string, Map<number, number>>()
  readonly queued = new Map<string, VirtualFiring[]>()
  readonly taken = new Map<number, Map<number, VirtualFiring>>()
  readonly leases = new Map<string, VirtualLease>()
  readonly most: ReadonlyMap<string, number>
  /** Statements by what they are for. */
  readonly statements = new Map<string, number>()
  #fence = 0

  constructor(most: ReadonlyMap<string, number>) {
    this.most = most
    for (const hook of most.keys()) {
      this.lanes.set(hook, new Map())
      this.queued.set(hook, [])
    }
  }

  count(what: string, statements = 1): void {
    this.statements.set(what, (this.statements.get(what) ?? 0) + statements)
  }

  /** @returns whether its row had gone */
  keep(process: number, expiresAt: number): boolean {
    this.count('heartbeat')
    const revived = !this.processes.has(process)
    this.processes.set(process, expiresAt)
    return revived
  }

  /** Takes a process off, with what it had of slots. @returns whether it was there */
  remove(process: number): boolean {
    if (!this.processes.delete(process)) return false
    for (const lane of this.lanes.values()) lane.delete(process)
    return true
  }

  /** As `LaneStore.settle`. @throws where more would be given than there is */
  settle(hook: string, process: number, want: number): number {
    this.count('slots')
    const lane = this.lanes.get(hook) ?? new Map<number, number>()
    const most = this.most.get(hook) ?? 0
    let others = 0
    for (const [other, slots] of lane) if (other !== process) others += slots
    const granted = this.processes.has(process) ? Math.max(0, Math.min(want, most - others)) : 0
    if (granted === 0) lane.delete(process)
    else lane.set(process, granted)
    if (others + granted > most) throw new Error(`${hook} has ${others + granted} slots of ${most}`)
    return granted
  }

  /** As `FiringClaims.claim`. */
  claim(hook: string, process: number, limit: number): readonly VirtualFiring[] {
    this.count('claim')
    if (!this.lanes.get(hook)?.has(process)) return []
    const claimed = this.queued.get(hook)?.splice(0, limit) ?? []
    const own = this.taken.get(process) ?? new Map<number, VirtualFiring>()
    for (const firing of claimed) {
      firing.worker = process
      own.set(firing.id, firing)
    }
    this.taken.set(process, own)
    return claimed
  }

  /** The transaction of an atomic hook: its effect, and the row taken off, or neither. */
  finish(firing: VirtualFiring, process: number): boolean {
    this.count('run')
    if (firing.worker !== process) return false
    this.taken.get(process)?.delete(firing.id)
    firing.effects += 1
    return true
  }

  /** As `FiringClaims.recover`: what a process had that is not here is anybody's. */
  recover(): readonly VirtualFiring[] {
    this.count('recover')
    const freed: VirtualFiring[] = []
    for (const [process, firings] of this.taken) {
      if (this.processes.has(process)) continue
      for (const firing of firings.values()) {
        firing.worker = undefined
        freed.push(firing)
        this.queued.get(firing.hook)?.unshift(firing)
      }
      this.taken.delete(process)
    }
    return freed
  }

  /** As `Strays`: what a process has by its row, and does not run, is anybody's. */
  strays(process: number, is: (firing: VirtualFiring) => boolean): readonly VirtualFiring[] {
    this.count('strays')
    const own = this.taken.get(process)
    const found = [...(own?.values() ?? [])].filter(is)
    for (const firing of found) {
      own?.delete(firing.id)
      firing.worker = undefined
      this.queued.get(firing.hook)?.unshift(firing)
    }
    return found
  }

  /** As `takeLease`: what has run out, or whose holder's session is gone, is anybody's; under a new fence. */
  takeLease(
    index: string,
    holder: number,
    now: number,
    duration: number,
    isAbsent: boolean,
  ): number | undefined {
    this.count('lease')
    const lease = this.leases.get(index)
    if (lease !== undefined && lease.expiresAt > now && !(isAbsent && !lease.session)) return undefined
    this.leases.set(index, { holder, fence: (this.#fence += 1), expiresAt: now + duration, session: true })
    return this.#fence
  }
}
