import type { Mutation } from './mutation.ts'

/** What is written in place of what: the slips that people make. */
const SLIPS: readonly (readonly [from: string, to: string])[] = [
  [' < ', ' <= '],
  [' <= ', ' < '],
  [' > ', ' >= '],
  [' >= ', ' > '],
  [' === ', ' !== '],
  [' !== ', ' === '],
  [' && ', ' || '],
  [' || ', ' && '],
  [' ?? ', ' && '],
  [' + ', ' - '],
  [' - ', ' + '],
  [' * ', ' / '],
  [' / ', ' * '],
  [' % ', ' * '],
  ['++', '--'],
  ['true', 'false'],
  ['false', 'true'],
  ['Math.min', 'Math.max'],
  ['Math.max', 'Math.min'],
  ['Math.ceil', 'Math.floor'],
  ['Math.floor', 'Math.ceil'],
  ['.some(', '.every('],
  ['.every(', '.some('],
  ['continue;', 'break;'],
  ['break;', ''],
  ['(!', '('],
]

/** One mutation for each slip at each place of the compiled code, but in comments, texts and imports. */
export function generateMutations(file: string, source: string): readonly Mutation[] {
  const code = blank(source)
  return SLIPS.flatMap(([from, to]) =>
    [...code.matchAll(new RegExp(escape(from), 'g'))].map(({ index: at }): Mutation => {
      const [line, text] = lineOf(source, at)
      const column = at - line
      const changed = `${text.slice(0, column)}${to}${text.slice(column + from.length)}`
      return { fault: `${text.trim()} → ${changed.trim()}`, file, from, to, at }
    }),
  ).toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

function lineOf(source: string, at: number): readonly [start: number, text: string] {
  const start = source.lastIndexOf('\n', at - 1) + 1
  const end = source.indexOf('\n', at)
  return [start, source.slice(start, end === -1 ? undefined : end)]
}

/** The same text with spaces where comments, texts, expressions and imports were: every place stays where it is. */
function blank(source: string): string {
  const spaces = (text: string): string => text.replaceAll(/[^\n]/g, ' ')
  return source.replaceAll(
    /\/\*[^]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[(=,:?&|] ?)\/(?![*/ ])(?:[^/\\\n[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/\w*|^import [^;]*;/gm,
    spaces,
  )
}
