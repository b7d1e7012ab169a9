import type { PawlEvent } from '../events.ts'
import { describeEvent } from '../text/describe-event.ts'
import type { NotedEvent } from './chronicle.ts'
import type { ShownEvent, Tone } from './shown.ts'
import { shorten } from '../text/shorten.ts'
import { withoutSecrets, type Redact } from './redaction.ts'

const LONGEST = 1_000
const MOST_LINES = 20

/** An event in the words that `pawl run` has for it. */
export function showEvent({ n, time, event }: NotedEvent, redact: Redact): ShownEvent | undefined {
  if (event.type === 'index.progress') return undefined
  const safe =
    event.type === 'hook.started'
      ? { ...event, args: withoutSecrets(event.args, redact) as Readonly<Record<string, unknown>> }
      : event
  const { mark, format, text, details } = describeEvent(safe)
  const tone = TONES[[format].flat().at(-1) ?? ''] ?? 'plain'
  const lines = details.slice(0, MOST_LINES).map((line) => shorten(line, LONGEST))
  return {
    n,
    time,
    type: event.type,
    mark,
    tone,
    text: shorten(text, LONGEST),
    details: lines,
    ...subjectOf(event),
  }
}

/** What the terminal's colours stand for. */
const TONES: Readonly<Record<string, Tone>> = {
  dim: 'dim',
  green: 'good',
  cyan: 'busy',
  magenta: 'note',
  yellow: 'warn',
  red: 'bad',
}

function subjectOf(event: PawlEvent): Pick<ShownEvent, 'index' | 'hook' | 'job' | 'firing'> {
  return {
    ...('index' in event ? { index: event.index } : {}),
    ...('hook' in event ? { hook: event.hook } : {}),
    ...('job' in event ? { job: event.job } : {}),
    ...('firing' in event ? { firing: event.firing } : {}),
  }
}
