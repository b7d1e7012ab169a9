export interface Statement {
  readonly text: string
  /** Of its first character, counted from 1. */
  readonly line: number
}

/**
 * Splits SQL at the semicolons that end statements, as psql does: not those in strings, quoted names, dollar quotes, comments,
 * parentheses, and the `BEGIN ATOMIC … END` bodies of SQL functions. Statements of comments alone are left out.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function splitStatements(source: string): readonly Statement[] {
  const text = source.replace(/^\uFEFF/, '')
  const statements: Statement[] = []
  let start: number | undefined
  let parentheses = 0
  /** Open BEGIN ATOMIC … END, and the CASE … END in it. */
  let blocks = 0
  let words: string[] = []

  const finish = (end: number): void => {
    if (start !== undefined) {
      statements.push({ text: text.slice(start, end).trim(), line: lineAt(text, start) })
    }
    start = undefined
    parentheses = 0
    blocks = 0
    words = []
  }

  for (let at = 0; at < text.length;) {
    const skipped = skipBlank(text, at)
    if (skipped > at) {
      at = skipped
      continue
    }
    if (text[at] === ';' && parentheses === 0 && blocks === 0) {
      finish(at)
      at += 1
      continue
    }
    start ??= at
    const quoted = skipQuoted(text, at)
    if (quoted > at) {
      at = quoted
      continue
    }
    const word = /^[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/.exec(text.slice(at, at + 256))?.[0]
    if (word === undefined) {
      if (text[at] === '(') parentheses += 1
      if (text[at] === ')') parentheses = Math.max(0, parentheses - 1)
      at += 1
      continue
    }
    const upper = word.toUpperCase()
    if (upper === 'ATOMIC' && words.at(-1) === 'BEGIN' && words[0] === 'CREATE') blocks += 1
    else if (upper === 'CASE' && blocks > 0) blocks += 1
    else if (upper === 'END' && blocks > 0) blocks -= 1
    // The first word tells a function's definition, the last one whether ATOMIC belongs to BEGIN.
    words = [words[0] ?? upper, upper]
    at += word.length
  }
  finish(text.length)
  return statements
}

/** Past white space and comments; block comments nest. */
function skipBlank(text: string, from: number): number {
  if (/\s/.test(text[from] ?? '')) return from + 1
  if (text.startsWith('--', from)) {
    const end = text.indexOf('\n', from)
    return end < 0 ? text.length : end + 1
  }
  if (!text.startsWith('/*', from)) return from
  let depth = 0
  for (let at = from; at < text.length;) {
    if (text.startsWith('/*', at)) {
      depth += 1
      at += 2
    } else if (text.startsWith('*/', at)) {
      depth -= 1
      at += 2
      if (depth === 0) return at
    } else at += 1
  }
  return text.length
}

/** Past a string, a quoted name or a dollar quote that begins here. */
function skipQuoted(text: string, from: number): number {
  if (/^[eE]'/.test(text.slice(from, from + 2)) && !/[\w$]/.test(text[from - 1] ?? '')) {
    return skipUntil(text, from + 2, "'", true)
  }
  if (text[from] === "'") return skipUntil(text, from + 1, "'", false)
  if (text[from] === '"') return skipUntil(text, from + 1, '"', false)
  // `a$b$c` is a name, and `$1` a parameter.
  const tag = /^\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/.exec(text.slice(from, from + 256))?.[0]
  if (tag === undefined || /[\w$]/.test(text[from - 1] ?? '')) return from
  const end = text.indexOf(tag, from + tag.length)
  return end < 0 ? text.length : end + tag.length
}

function skipUntil(text: string, from: number, quote: string, backslashes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    if (backslashes && text[at] === '\\') at += 1
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1
      at += 1
    }
  }
  return text.length
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
