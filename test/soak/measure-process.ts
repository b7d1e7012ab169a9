import { readdirSync } from 'node:fs'
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a process knows of itself, after garbage collection. */
export interface ProcessMeasure {
  /** Bytes. */
  readonly rss: number
  readonly heapUsed: number
  /** Of those: what V8 has compiled so far. It does so for hours where little runs. */
  readonly code: number
  readonly handles: number
  /** Open files and sockets; 0 where the system does not tell. */
  readonly files: number
  /** Microseconds since its start. */
  readonly cpu: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export function measureProcess(): ProcessMeasure {
  for (let times = 0; times < 3; times += 1) collect()
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const compiled = getHeapCodeStatistics()
  return {
    rss,
    heapUsed,
    code: compiled.code_and_metadata_size + compiled.bytecode_and_metadata_size,
    handles: process.getActiveResourcesInfo().length,
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    cpu: user + system,
  }
}
