import type { CommandAnswer } from '../commands.ts'
import { h } from './dom.ts'

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' })
document.body.append(region)

/** ms. Long enough to read two lines; what went wrong stays longer. */
const STAY = { good: 3_500, bad: 9_000 }

/** Says briefly what came of something. */
export function toast(text: string, tone: keyof typeof STAY = 'good'): void {
  const element = h('div', { class: `toast ${tone}` }, text)
  region.append(element)
  setTimeout(() => element.remove(), STAY[tone])
}

/** Says what came of a command; undefined: nothing needs to be said of a success. */
export function tell(answer: CommandAnswer, done?: string): void {
  if (!answer.ok) toast([answer.message, answer.hint ?? ''].filter(Boolean).join('\n'), 'bad')
  else if (done !== undefined) toast(done)
}
