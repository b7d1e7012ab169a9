import { inOrder, type NewEvents } from './event-feed.ts'
import { VIEWS, type ChangesMessage, type ViewName } from './protocol.ts'

/** What a viewer looks at. One that names no view is told everything. */
export type Audience = ViewName | 'all'

/** What is only collected, and only sent, where a view shows it. */
export type Topic = 'indexes' | 'actors' | 'jobs' | 'queue' | 'events'

const TOPICS: Readonly<Record<Audience, ReadonlySet<Topic>>> = {
  overview: new Set(['indexes']),
  charts: new Set(['actors']),
  actors: new Set(['actors']),
  jobs: new Set(['jobs']),
  hooks: new Set(['queue']),
  events: new Set(['events']),
  all: new Set(['indexes', 'actors', 'jobs', 'queue', 'events']),
}

/** undefined: there is no such view. */
export const readAudience = (name: string | null): Audience | undefined =>
  name === null ? 'all' : VIEWS.find((view) => view === name)

export const topicsOf = (audience: Audience): ReadonlySet<Topic> => TOPICS[audience]

/** All that is new, of all topics that somebody looks at. */
export type Changes = Omit<ChangesMessage, 'type' | 'events'> & NewEvents

const TOPIC_OF: Readonly<Partial<Record<keyof Changes, Topic>>> = {
  emitted: 'indexes',
  indexes: 'indexes',
  indexesGone: 'indexes',
  actors: 'actors',
  actorsGone: 'actors',
  transitions: 'actors',
  jobs: 'jobs',
  jobsGone: 'jobs',
  queue: 'queue',
  leftOut: 'events',
}

/** What of it concerns who looks at this. undefined: nothing. */
export function changesFor(changes: Changes, audience: Audience): ChangesMessage | undefined {
  const { now, notable = [], ordinary = [], ...others } = changes
  const topics = topicsOf(audience)
  const fields = Object.entries(others).filter(([key]) => {
    const topic = TOPIC_OF[key as keyof Changes]
    return topic === undefined || topics.has(topic)
  })
  const events = topics.has('events') ? inOrder([...notable, ...ordinary]) : notable
  if (fields.length === 0 && events.length === 0) return undefined
  return {
    type: 'changes',
    now,
    ...(Object.fromEntries(fields) as Partial<ChangesMessage>),
    ...(events.length === 0 ? {} : { events }),
  }
}
