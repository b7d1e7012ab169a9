import type { PawlEvent } from '../events.ts'

/** The event as a log may have it: arguments of hooks may be secrets, and a log is read by many. The inspector shows them. */
export function withoutArguments<Event extends PawlEvent>(event: Event): Event {
  return event.type === 'hook.started' ? { ...event, args: {} } : event
}
