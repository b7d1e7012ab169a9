/**
 * How many of a hook's slots a process should have: all of them spread evenly over the processes, and which of them gets one more –
 * or, where there are fewer slots than processes, one at all – by a hash of hook and process. So each process reckons the same
 * without asking, the hooks' lanes lie scattered over the fleet, and one that comes or goes moves few of them.
 */
export function shareOf(hook: string, slots: number, processes: readonly string[], process: string): number {
  const own = weightOf(hook, process)
  let before = 0
  let others = 0
  for (const other of processes) {
    if (other === process) continue
    others += 1
    const weight = weightOf(hook, other)
    if (weight > own || (weight === own && other > process)) before += 1
  }
  const count = others + 1
  return Math.floor(slots / count) + (before < slots % count ? 1 : 0)
}

/** FNV-1a with a finish that mixes every bit (murmur3's), for ids that differ in their last characters only. */
function weightOf(hook: string, process: string): number {
  let hash = 0x811c9dc5
  for (const text of [hook, '\0', process]) {
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
