/** ` – did you mean "jobs"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(normalize(word), normalize(candidate)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  // A third of the letters wrong is a slip; more is another word.
  if (nearest === undefined || nearest.distance > Math.max(1, Math.floor(word.length / 3))) return ''
  return ` – did you mean "${nearest.candidate}"?`
}

/** `a, b and c`, quoted. */
export function listWords(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`
}

// `onRestart` and `on_restart` are the same slip of style, not many of the pen.
const normalize = (word: string): string => word.toLowerCase().replaceAll(/[_\-. ]/g, '')

/** Two letters that changed places are one slip. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
