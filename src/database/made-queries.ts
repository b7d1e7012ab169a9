import { usersPlaces } from '../stack-places.ts'
import { shortenStatement } from '../text/shorten-statement.ts'
import type { Statement } from './statement.ts'

/**
 * Statements that do something. Others may be parts that were made for another query and not used, and are missed when they are not sent:
 * nobody has their rows.
 */
const WRITES =
  /^(?:\s|--[^\n]*\n)*(?:insert|update|delete|merge|truncate|create|alter|drop|copy|call|do|grant|revoke|refresh|comment\s+on|with\b[\s\S]*\b(?:insert|update|delete|merge)\b)\b/i

/** The queries that some code made: postgres.js sends one only when it is awaited. */
export class MadeQueries {
  readonly #unsent = new Set<Statement>()

  made(statement: Statement): void {
    this.#unsent.add(statement)
  }

  /** It was sent, or is a part of one that was. */
  used(statement: Statement): void {
    this.#unsent.delete(statement)
  }

  /** Those that would have done something, in words, and are forgotten now. */
  takeUnsent(): readonly string[] {
    if (this.#unsent.size === 0) return []
    const unsent = [...this.#unsent].filter(({ text }) => WRITES.test(text))
    this.#unsent.clear()
    return unsent.map(placeOfQuery)
  }
}

/** Its text, cut, and where it was made. */
export function placeOfQuery({ text, origin }: Statement): string {
  const place = usersPlaces({ name: '', message: '', ...origin })[0]
  return `${shortenStatement(text)}${place === undefined ? '' : ` (at ${place.path}:${place.line})`}`
}
