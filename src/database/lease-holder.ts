import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Who holds a lease. */
export interface LeaseHolder {
  /** Unique, and readable by people: host, process, and which of its roots. */
  readonly name: string
  readonly pid: number
  /** Tells where `pid` means something: this boot of this machine, and this container of it. Undefined: unknown. */
  readonly machine: string | undefined
}

/** This process, as a holder that no other is. */
export function thisHolder(): LeaseHolder {
  return {
    name: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    pid: process.pid,
    machine: thisMachine(),
  }
}

/** Is the holder surely gone? Only a process of this very machine can be looked for; of others nobody knows. */
export function isGone({ machine, pid }: Pick<LeaseHolder, 'machine' | 'pid'>): boolean {
  if (machine === undefined || machine !== thisMachine()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function thisMachine(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}
