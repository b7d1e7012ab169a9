import { lexSql } from './lex-sql.ts'

/** `$1` in a statement; not one in a quote, a comment, the body of a function, or what is prepared, where it means another thing. */
interface StatementParameter {
  /** 1 for `$1`. */
  readonly number: number
  /** Where in the statement's text it stands. */
  readonly start: number
  readonly end: number
}

export interface Statement {
  /** Without the semicolon, and without blanks and comments around it. */
  readonly text: string
  /** Of its first character, counted from 1. */
  readonly line: number
  /** Its words in upper case, without those in quotes, comments and parentheses. */
  readonly words: readonly string[]
  readonly parameters: readonly StatementParameter[]
  /** From the first backslash outside quotes to the end of its line: SQL has none, psql's commands begin so. */
  readonly psqlCommand: string | undefined
}

/**
 * Splits SQL at the semicolons that end statements, as psql does: not those in strings, quoted names, dollar quotes, comments,
 * parentheses, and the `BEGIN ATOMIC … END` bodies of SQL functions. What is empty, or comments alone, is no statement.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function splitStatements(source: string): readonly Statement[] {
  const text = source.replace(/^\uFEFF/, '')
  const statements: Statement[] = []
  const lines = new LineCounter(text)
  let draft: Draft | undefined
  for (const { kind, start, end } of lexSql(text)) {
    if (kind === 'blank') continue
    if (kind === 'other' && text[start] === ';' && draft?.inside !== true) {
      if (draft !== undefined) statements.push(draft.finish())
      draft = undefined
      continue
    }
    draft ??= new Draft(text, start, lines.at(start))
    if (kind === 'word') draft.addWord(text.slice(start, end).toUpperCase())
    else if (kind === 'parameter') draft.addParameter(start, end)
    else if (kind === 'other') draft.addCharacter(text.charAt(start), start)
    draft.end = end
  }
  if (draft !== undefined) statements.push(draft.finish())
  return statements
}

/** A statement whose end is not reached yet. */
class Draft {
  end = 0
  readonly #text: string
  readonly #start: number
  readonly #line: number
  readonly #words: string[] = []
  readonly #parameters: StatementParameter[] = []
  #psqlCommand: string | undefined
  #parentheses = 0
  /** Open BEGIN ATOMIC … END, and the CASE … END in it. */
  #blocks = 0
  /** `RETURN …`, which is the rest of a SQL function's definition. */
  #returns = false
  #previousWord = ''

  constructor(text: string, start: number, line: number) {
    this.#text = text
    this.#start = start
    this.#line = line
  }

  /** A semicolon here ends no statement. */
  get inside(): boolean {
    return this.#parentheses > 0 || this.#blocks > 0
  }

  addWord(word: string): void {
    if (word === 'RETURN' && this.#parentheses === 0 && this.#definesRoutine) this.#returns = true
    if (word === 'ATOMIC' && this.#previousWord === 'BEGIN' && this.#definesRoutine) this.#blocks += 1
    else if (word === 'CASE' && this.#blocks > 0) this.#blocks += 1
    else if (word === 'END' && this.#blocks > 0) this.#blocks -= 1
    if (this.#parentheses === 0) this.#words.push(word)
    this.#previousWord = word
  }

  addParameter(start: number, end: number): void {
    if (this.#blocks > 0 || this.#returns || this.#words[0] === 'PREPARE') return
    const number = Number(this.#text.slice(start + 1, end))
    this.#parameters.push({ number, start: start - this.#start, end: end - this.#start })
  }

  addCharacter(character: string, at: number): void {
    if (character === '(') this.#parentheses += 1
    if (character === ')') this.#parentheses = Math.max(0, this.#parentheses - 1)
    if (character === '\\') this.#psqlCommand ??= /[^\n\r]*/.exec(this.#text.slice(at, at + 200))?.[0]?.trim()
    this.#previousWord = ''
  }

  finish(): Statement {
    return {
      text: this.#text.slice(this.#start, this.end),
      line: this.#line,
      words: this.#words,
      parameters: this.#parameters,
      psqlCommand: this.#psqlCommand,
    }
  }

  /**
   * CREATE [OR REPLACE] FUNCTION or PROCEDURE, also as an element of CREATE SCHEMA: elsewhere BEGIN and ATOMIC may be names. Newer
   * PostgreSQLs do not take the latter, and say so better when they are sent the whole of it.
   */
  get #definesRoutine(): boolean {
    const [create, kind] = this.#words
    if (create !== 'CREATE') return false
    if (kind === 'SCHEMA') return this.#words.includes('FUNCTION') || this.#words.includes('PROCEDURE')
    return this.#words.slice(1, 4).some((word) => word === 'FUNCTION' || word === 'PROCEDURE')
  }
}

/** Lines of growing offsets, so that long scripts are not counted through again for each statement. */
class LineCounter {
  readonly #text: string
  #counted = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  at(offset: number): number {
    for (
      let next = this.#text.indexOf('\n', this.#counted);
      next >= 0 && next < offset;
      next = this.#text.indexOf('\n', next + 1)
    ) {
      this.#line += 1
      this.#counted = next + 1
    }
    return this.#line
  }
}
