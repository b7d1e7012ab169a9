/** Of the states that an actor is in, those that no other of them is inside of: one, or one a region. */
export function leavesOf(states: readonly string[]): readonly string[] {
  return states.filter((id) => !states.some((other) => other.startsWith(`${id}.`)))
}
