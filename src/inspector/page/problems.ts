import { plural } from './format.ts'
import type { Store } from './store.ts'

export interface Problem {
  readonly tone: 'warn' | 'bad' | 'busy'
  readonly text: string
  readonly link?: string
}

/** What a person should look at, each with where to look. */
export function problemsOf(store: Store): readonly Problem[] {
  const found: Problem[] = store.problems.map((text) => ({
    tone: /left the chain|failed/.test(text) ? 'bad' : 'busy',
    text: text.startsWith('the state is') ? `Not to be served now: ${text}` : text,
  }))
  for (const { name, failure } of store.indexes.values())
    if (failure !== undefined)
      found.push({ tone: 'bad', text: `index ${name} has stopped: ${failure}`, link: '#events' })
  const dead = (store.counts?.queue ?? []).filter(({ state }) => state === 'dead')
  for (const { hook, count: number } of dead)
    found.push({
      tone: 'bad',
      text: `${plural(number, 'firing')} of ${hook} failed for good`,
      link: '#hooks',
    })
  const failing = store.counts?.jobs.failing ?? 0
  if (failing > 0)
    found.push({
      tone: 'warn',
      text: `${plural(failing, 'job')} failed last time`,
      link: '#jobs',
    })
  return found
}
