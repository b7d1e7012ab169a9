import { stripVTControlCharacters } from 'node:util'

/**
 * Breaks a line at its spaces, so that a terminal need not break words; what follows is indented as its begin is. A word that
 * is too long stays whole: it may be a path that somebody copies.
 */
export function wrapLine(line: string, columns: number): readonly string[] {
  const [indent = ''] = /^ */.exec(line) ?? []
  const lines: string[] = []
  let current = ''
  for (const word of line.slice(indent.length).split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && indent.length + widthOf(longer) > columns) {
      lines.push(indent + current)
      current = word
    } else current = longer
  }
  return [...lines, indent + current]
}

const widthOf = (text: string): number => stripVTControlCharacters(text).length
