import { isMap, isScalar, LineCounter, parseDocument, type Document, type Scalar } from 'yaml'
import type { ConfigurationIssue } from '../../errors.ts'
import { findDeepNesting } from './find-deep-nesting.ts'
import { maskPlaceholders, substituteEnv, type MaskedText, type Substituted } from './substitute-env.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A file of YAML that was parsed: its nodes, and where in the text they stand. */
export class YamlFile {
  /** As messages call it. */
  readonly name: string
  /** What the parser found wrong. */
  readonly issues: readonly ConfigurationIssue[]
  /** Undefined when there is nothing to read. */
  readonly document: Document | undefined
  readonly #lines = new LineCounter()
  readonly #masked: MaskedText
  readonly #env: Environment

  constructor(name: string, text: string, env: Environment) {
    this.name = name
    this.#env = env
    this.#masked = maskPlaceholders(text)
    const { document, issues } = this.#parse()
    this.document = document
    this.issues = issues
  }

  /** Line and column of an offset in the text, from 1. */
  place(offset: number): NonNullable<ConfigurationIssue['place']> {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.name, line: Math.max(1, line), column: Math.max(1, col) }
  }

  substitute(text: string): Substituted {
    return substituteEnv(text, this.#masked.placeholders, this.#env)
  }

  /** What the variables of this file hold, by their names; not what stands in for those that are not set. */
  get variables(): ReadonlyMap<string, string> {
    const values = this.#masked.placeholders.map(({ name }) => [name, this.#env[name] ?? ''] as const)
    return new Map(values.filter(([, value]) => value !== ''))
  }

  /** What a plain text means as YAML: `5432` is a number, `true` no text. */
  resolvePlain(text: string): unknown {
    const { document } = this
    for (const tag of document?.schema.tags ?? []) {
      if (tag.default !== true || !('test' in tag) || !tag.test?.test(text)) continue
      const resolved = tag.resolve?.(text as never, () => {}, { intAsBigInt: true })
      return isScalar(resolved) ? resolved.value : resolved
    }
    return text
  }

  #parse(): { readonly document: Document | undefined; readonly issues: readonly ConfigurationIssue[] } {
    const here = (message: string, offset = 0): ConfigurationIssue => ({
      path: '',
      message,
      place: this.place(offset),
    })
    try {
      const deep = findDeepNesting(this.#masked.text)
      if (deep !== undefined) return { document: undefined, issues: [here('is nested too deeply', deep)] }
      const document = parseDocument(this.#masked.text, {
        lineCounter: this.#lines,
        prettyErrors: false,
        // Numbers that JavaScript cannot hold must not change silently.
        intAsBigInt: true,
        customTags: ['binary'],
      })
      const issues = document.errors
        .map(({ message, code, pos }) => here(explain(code, message), pos[0]))
        // One bracket that is missing is told once for each that it leaves open, and a crontab without quotes for each "*".
        .filter(({ message, place }, index, all) => {
          const isSame = (other: ConfigurationIssue): boolean =>
            other.message === message &&
            other.place?.line === place?.line &&
            (message === UNQUOTED || other.place?.column === place?.column)
          return all.findIndex(isSame) === index
        })
      if (issues.length > 0) return { document: undefined, issues }
      if (isMap(document.contents)) return { document: document as Document, issues }
      const { contents } = document
      const isEmpty = contents === null || (isScalar(contents) && (contents as Scalar).value === null)
      const problem = isEmpty ? 'the config is empty' : 'the config is no mapping'
      return { document: undefined, issues: [here(`${problem}: expected sections such as "hooks:"`)] }
    } catch (error) {
      // The parser's own limits.
      const reason = error instanceof Error ? error.message : String(error)
      return { document: undefined, issues: [here(`cannot be read as YAML: ${reason}`)] }
    }
  }
}

const UNQUOTED = 'a text that begins with "*" is written in quotes, as in "* * * * *"'

function explain(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice'
  if (code === 'MULTIPLE_DOCS') return 'a config is one document: take "---" and what follows away'
  // "*" begins an alias: the second is of `*/5 * * * *`, whose first is one by its form.
  if (code === 'BAD_ALIAS' || message === 'Unexpected alias at node end') return UNQUOTED
  if (code === 'TAB_AS_INDENT') return 'a tab: YAML is indented by spaces'
  return `is no YAML: ${message}`
}
