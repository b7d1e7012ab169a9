import { randomNumbers } from '../../e2e/durable/record-chain.ts'
import { shareOf } from '../../../src/hooks/lane-share.ts'
import { VirtualDatabase, type VirtualFiring } from './virtual-database.ts'
import { VirtualTime } from './virtual-time.ts'

export interface VirtualFleetOptions {
  readonly workers: number
  readonly machines: number
  readonly indexes: number
  readonly hooks: number
  /** Firings a second, of all hooks. */
  readonly rate: number
  readonly seconds: number
  /** Processes that are killed, and those that are cut off for 3 to 30 s. Each comes back after some seconds. */
  readonly kills: number
  readonly cuts: number
  readonly seed: number
}

export interface VirtualFleetOutcome {
  readonly firings: number
  /** ms from the death of a worker until its firing was anybody's; and from that of an index's process until another had it. */
  readonly recoveries: readonly number[]
  readonly takeovers: readonly number[]
  readonly unfinished: number
  readonly twice: number
  /** Levels that two processes wrote under one fence, or one under an old fence. */
  readonly unfenced: number
  /** A second, on average, and in the busiest one. */
  readonly statements: ReadonlyMap<string, number>
  readonly busiest: number
}

// As in membership.ts, lease.ts, lease-heartbeat.ts, lane.ts, in ms.
const DURATION = 6_000
const BEAT = DURATION / 3
const HEARING = 50
const LEASE = 5_000
const LOOK = LEASE / 10
const ABSENCE = 800
const STRAY = 5_000

interface Worker {
  readonly id: number
  readonly machine: number
  alive: boolean
  cutUntil: number
  readonly running: Map<string, number>
  readonly slots: Map<string, number>
  readonly shares: Map<string, number>
  /** As many processes had come and gone when it reckoned its shares. */
  known: number
  hearing: boolean
}

/** A fleet in virtual time: who has which slots, who runs which firing, who follows which index, while processes die and are cut off. */
export function runVirtualFleet(options: VirtualFleetOptions): VirtualFleetOutcome {
  const { machines, hooks, indexes, rate, seconds, seed } = options
  const time = new VirtualTime()
  const random = randomNumbers(seed)
  const names = Array.from({ length: hooks }, (_, at) => `hook_${at}`)
  // One that runs one at a time, one as wide as the fleet, others between.
  const most = new Map(
    names.map((name, at) => [name, at === 0 ? 1 : at === 1 ? options.workers : 4 ** (1 + (at % 4))]),
  )
  const database = new VirtualDatabase(most)
  const workers = new Map<number, Worker>()
  const firings: VirtualFiring[] = []
  const recoveries: number[] = []
  const takeovers: number[] = []
  const died = new Map<number, number>()
  let version = 0
  let unfenced = 0
  let ids = 0
  let busiest = 0

  const reaches = (worker: Worker): boolean => worker.alive && worker.cutUntil <= time.now
  const tell = (): void => {
    version += 1
    for (const worker of workers.values()) {
      // Of many that come or go at once it is heard once.
      if (!worker.alive || worker.hearing) continue
      worker.hearing = true
      time.after(HEARING + random() * 5, () => {
        worker.hearing = false
        beat(worker)
      })
    }
  }
  const reckon = (worker: Worker): void => {
    const living = [...database.processes.keys()].map(String)
    for (const name of names)
      worker.shares.set(name, shareOf(name, most.get(name) ?? 1, living, String(worker.id)))
  }
  const settle = (worker: Worker): void => {
    for (const name of names) {
      const running = worker.running.get(name) ?? 0
      const want = Math.max(worker.shares.get(name) ?? 0, running)
      if (want !== (worker.slots.get(name) ?? 0))
        worker.slots.set(name, database.settle(name, worker.id, want))
      pump(worker, name)
    }
  }
  const pump = (worker: Worker, name: string): void => {
    if (!reaches(worker)) return
    const free =
      Math.min(worker.slots.get(name) ?? 0, worker.shares.get(name) ?? 0) - (worker.running.get(name) ?? 0)
    if (free <= 0 || (database.queued.get(name)?.length ?? 0) === 0) return
    for (const firing of database.claim(name, worker.id, free)) {
      worker.running.set(name, (worker.running.get(name) ?? 0) + 1)
      time.after(5 + random() * 195, () => ended(worker, firing))
    }
  }
  const ended = (worker: Worker, firing: VirtualFiring): void => {
    if (!worker.alive) return
    worker.running.set(firing.hook, (worker.running.get(firing.hook) ?? 1) - 1)
    // Cut off: its COMMIT does not arrive, and its session is ended when it is given up.
    if (reaches(worker)) database.finish(firing, worker.id)
    else firing.orphanedAt ??= time.now
    pump(worker, firing.hook)
  }
  const beat = (worker: Worker): void => {
    if (!reaches(worker)) return
    if (database.keep(worker.id, time.now + DURATION)) {
      for (const name of names) worker.slots.set(name, 0)
      tell()
    }
    let gone = false
    for (const [id, expiresAt] of database.processes) {
      const other = workers.get(id)
      const dead = other !== undefined && !other.alive && other.machine === worker.machine
      if (id !== worker.id && (dead || expiresAt < time.now)) gone = database.remove(id) || gone
    }
    if (gone) tell()
    for (const firing of database.recover()) {
      if (firing.orphanedAt !== undefined) recoveries.push(time.now - firing.orphanedAt)
      firing.orphanedAt = undefined
    }
    for (const firing of database.strays(
      worker.id,
      ({ orphanedAt }) => time.now - (orphanedAt ?? time.now) >= STRAY,
    )) {
      recoveries.push(time.now - (firing.orphanedAt ?? time.now))
      firing.orphanedAt = undefined
    }
    if (worker.known !== version) {
      worker.known = version
      reckon(worker)
    }
    settle(worker)
  }
  const start = (machine: number): void => {
    const worker: Worker = {
      id: (ids += 1),
      machine,
      alive: true,
      cutUntil: 0,
      running: new Map(),
      slots: new Map(),
      shares: new Map(),
      known: -1,
      hearing: false,
    }
    workers.set(worker.id, worker)
    const again = (): void => {
      if (!worker.alive) return
      beat(worker)
      time.after(BEAT, again)
    }
    time.after(random() * BEAT, again)
  }
  const kill = (worker: Worker): void => {
    worker.alive = false
    died.set(worker.id, time.now)
    for (const firing of database.taken.get(worker.id)?.values() ?? []) firing.orphanedAt = time.now
    time.after(1_000 + random() * 4_000, () => {
      workers.delete(worker.id)
      start(worker.machine)
    })
  }
  const follow = (index: string, standby: () => Worker | undefined): void => {
    let absentSince: number | undefined
    const look = (): void => {
      const lease = database.leases.get(index)
      const holder = lease === undefined ? undefined : workers.get(lease.holder)
      if (lease !== undefined && (holder === undefined || !holder.alive)) lease.session = false
      absentSince = lease?.session === false ? (absentSince ?? time.now) : undefined
      const taker = standby()
      const isAbsent = absentSince !== undefined && time.now - absentSince >= ABSENCE
      if (taker !== undefined && taker.id !== lease?.holder) {
        const fence = database.takeLease(index, taker.id, time.now, LEASE, isAbsent)
        if (fence !== undefined) {
          const since = lease === undefined ? undefined : died.get(lease.holder)
          if (since !== undefined) takeovers.push(time.now - since)
          absentSince = undefined
          hold(index, taker, fence)
        }
      }
      time.after(absentSince === undefined ? LOOK : 100, look)
    }
    time.after(random() * LOOK, look)
  }
  const hold = (index: string, worker: Worker, fence: number): void => {
    const keep = (): void => {
      const lease = database.leases.get(index)
      if (!worker.alive || lease?.fence !== fence) return
      database.count('lease')
      if (reaches(worker)) lease.expiresAt = time.now + LEASE
      time.after(LEASE / 3, keep)
    }
    const level = (): void => {
      if (!worker.alive) return
      const lease = database.leases.get(index)
      // begin_level checks it in the level's transaction.
      if (reaches(worker) && lease?.fence === fence) {
        database.count('level')
        if (lease.holder !== worker.id) unfenced += 1
        time.after(1_000, level)
      } else if (lease?.fence === fence) time.after(1_000, level)
    }
    time.after(LEASE / 3, keep)
    time.after(random() * 1_000, level)
  }

  for (let at = 0; at < options.workers; at += 1) start(at % machines)
  const anybody = (): Worker | undefined => {
    const living = [...workers.values()].filter(reaches)
    return living[Math.floor(random() * living.length)]
  }
  for (let at = 0; at < indexes; at += 1) follow(`index_${at}`, anybody)
  for (let n = 0; n < rate * seconds; n += 1) {
    time.after((n * 1_000) / rate, () => {
      const hook = names[n % 16 === 0 ? 0 : 1 + (n % (names.length - 1))] ?? ''
      const firing = { id: n, hook, queuedAt: time.now, worker: undefined, orphanedAt: undefined, effects: 0 }
      firings.push(firing)
      database.queued.get(hook)?.push(firing)
      // NOTIFY: whoever has a free slot of the hook looks.
      for (const id of database.lanes.get(hook)?.keys() ?? []) {
        const worker = workers.get(id)
        if (worker !== undefined) pump(worker, hook)
      }
    })
  }
  for (let n = 0; n < options.kills; n += 1)
    time.after(5_000 + random() * (seconds - 5) * 1_000, () => {
      const victim = anybody()
      if (victim !== undefined) kill(victim)
    })
  for (let n = 0; n < options.cuts; n += 1)
    time.after(5_000 + random() * (seconds - 5) * 1_000, () => {
      const victim = anybody()
      if (victim !== undefined) victim.cutUntil = time.now + 3_000 + random() * 27_000
    })
  let before = 0
  const total = (): number => [...database.statements.values()].reduce((sum, count) => sum + count, 0)
  for (let second = 1; second <= seconds; second += 1) {
    time.runUntil(second * 1_000)
    busiest = Math.max(busiest, total() - before)
    before = total()
  }
  const statements = new Map([...database.statements].map(([what, count]) => [what, count / seconds]))
  // Nobody dies any more: what is left is done.
  time.runUntil((seconds + 600) * 1_000)
  return {
    firings: firings.length,
    recoveries,
    takeovers,
    unfinished: firings.filter(({ effects }) => effects === 0).length,
    twice: firings.filter(({ effects }) => effects > 1).length,
    unfenced,
    statements,
    busiest,
  }
}
