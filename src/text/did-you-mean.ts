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

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
