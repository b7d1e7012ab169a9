/** An error and what caused it, outermost first. Ends also where user code made a circle of causes. */
export function causesOf(error: unknown): readonly Error[] {
  const causes = new Set<Error>()
  for (let current = error; current instanceof Error && !causes.has(current); current = current.cause) {
    causes.add(current)
  }
  return [...causes]
}
