/**
 * `unfinished` is a string, quoted name, dollar quote or comment that the text ends in; `parameter` is `$1`; `other` is
 * one character.
 */
type TokenKind = 'blank' | 'word' | 'parameter' | 'quoted' | 'unfinished' | 'other'

interface Token {
  readonly kind: TokenKind
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/**
 * The parts of a SQL text, as far as they matter to where its statements end. Nothing is left out, nothing overlaps.
 * Follows PostgreSQL's own scanner (src/backend/parser/scan.l), with standard_conforming_strings on.
 */
export function* lexSql(text: string): Generator<Token, void, undefined> {
  for (let start = 0; start < text.length;) {
    const { kind, end } = tokenAt(text, start)
    yield { kind, start, end }
    start = end
  }
}

// Not `\s`: a no-break space is a letter to PostgreSQL. A line comment ends at either end-of-line character.
const BLANK = /(?:[ \t\n\r\f\v]|--[^\n\r]*)+/y
const WORD = /[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*/y
const NUMBER = /\d+/y
const PARAMETER = /\$\d+/y
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uFFFF][\w\u0080-\uFFFF]*)?\$/y
/**
 * Between two parts of one string; only across lines. One comment ends a line whatever dashes are in it: a repetition of
 * comments would try every way to cut them, and a line of 40 dashes would take for ever.
 */
const CONTINUED = /[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y

function tokenAt(text: string, start: number): Pick<Token, 'kind' | 'end'> {
  const blank = matchAt(BLANK, text, start)
  if (blank !== undefined) return { kind: 'blank', end: start + blank.length }
  const next = text.slice(start, start + 2)
  if (next === '/*') return closed('blank', text, commentEnd(text, start))
  if (next === "E'" || next === "e'") return closed('quoted', text, escapedEnd(text, start + 2))
  if (next.startsWith("'") || next.startsWith('"')) {
    return closed('quoted', text, quotedEnd(text, start + 1, next.charAt(0)))
  }
  if (next.startsWith('$')) return dollarAt(text, start)
  const word = matchAt(WORD, text, start)
  if (word !== undefined) return { kind: 'word', end: start + word.length }
  return { kind: 'other', end: start + (matchAt(NUMBER, text, start)?.length ?? 1) }
}

function dollarAt(text: string, start: number): Pick<Token, 'kind' | 'end'> {
  const parameter = matchAt(PARAMETER, text, start)
  if (parameter !== undefined) return { kind: 'parameter', end: start + parameter.length }
  const tag = matchAt(DOLLAR_TAG, text, start)
  if (tag === undefined) return { kind: 'other', end: start + 1 }
  const end = text.indexOf(tag, start + tag.length)
  return closed('quoted', text, end < 0 ? undefined : end + tag.length)
}

const closed = (kind: TokenKind, text: string, end: number | undefined): Pick<Token, 'kind' | 'end'> =>
  end === undefined ? { kind: 'unfinished', end: text.length } : { kind, end }

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Block comments nest. */
function commentEnd(text: string, start: number): number | undefined {
  const edge = /\/\*|\*\//g
  edge.lastIndex = start
  let depth = 0
  for (let found = edge.exec(text); found !== null; found = edge.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return undefined
}

/** A doubled quote is one quote of the content. */
function quotedEnd(text: string, from: number, quote: string): number | undefined {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) {
    if (text[at + 1] !== quote) return at + 1
  }
  return undefined
}

/** `E'…'`, where `\'` is no end; the next part of the same string, on another line, has the same rule. */
function escapedEnd(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === "'" && text[at + 1] === "'") at += 1
    else if (text[at] === "'") {
      const continued = matchAt(CONTINUED, text, at + 1)
      if (continued === undefined) return at + 1
      at += continued.length
    }
  }
  return undefined
}
