import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Alias,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import type { ConfigurationIssue } from '../../errors.ts'
import { didYouMean, listWords } from '../../text/did-you-mean.ts'
import { at } from '../config-reader.ts'
import type { YamlFile } from './yaml-file.ts'

/** A key of the file with what is written behind it. */
export interface YamlField {
  /** `jobs.midnight.crontab` */
  readonly path: string
  /** Where it stands: a mapping or a list at its key, anything else at its value. */
  readonly offset: number
  readonly keyOffset: number
  /** Null: nothing is written. */
  readonly node: Node | null
}

/** What is expected of the scalars of a value: YAML by itself makes numbers of whatever looks like one. */
export interface ScalarReading {
  /** What variables hold is text, also `null` and `0123`. Default: as if it were written there. */
  readonly variablesAsText?: boolean
  /** Numbers that are not whole are the text that is written, with all of its digits. */
  readonly decimalsAsText?: boolean
}

export type YamlFields = ReadonlyMap<string, YamlField>

// Far more than any config of a person's; ends aliases that unfold to billions, or into themselves.
const MOST_NODES = 20_000
const DEEPEST = 50
const MOST_MERGES_DEEP = 20

/** Reads the nodes of a YAML file and notes all that is wrong, each with its place, instead of stopping at the first. */
export class YamlReader {
  readonly issues: ConfigurationIssue[] = []
  readonly warnings: ConfigurationIssue[] = []
  /** Those of the issues that are of this process's environment, and not of the file. */
  readonly unset = new Set<ConfigurationIssue>()
  readonly #file: YamlFile
  // So that each alias does not look through the whole file.
  readonly #aliases: Parameters<Alias['resolve']>[1] = {} as never
  #nodes = 0
  #mergesDeep = 0

  constructor(file: YamlFile) {
    this.#file = file
    this.issues.push(...file.issues)
  }

  /** All of the file. */
  top(): YamlFields {
    const node = this.#file.document?.contents ?? null
    return this.fields({ path: '', offset: 0, keyOffset: 0, node })
  }

  wrong(field: YamlField, message: string): void {
    this.issues.push({ path: field.path, message, place: this.place(field) })
  }

  warn(field: YamlField, message: string): void {
    this.warnings.push({ path: field.path, message, place: this.place(field) })
  }

  place(field: YamlField): NonNullable<ConfigurationIssue['place']> {
    return this.#file.place(field.offset)
  }

  /** The fields of a mapping; none where there is no mapping, which is noted. */
  fields(field: YamlField | undefined, expected = 'a mapping'): YamlFields {
    const node = this.#resolve(field?.node ?? null)
    if (field === undefined || isNull(node)) return new Map()
    if (isMap(node)) return this.#pairs(node, field)
    this.wrong(field, `expected ${expected}, got ${describeNode(node)}`)
    return new Map()
  }

  unknownKeys(fields: YamlFields, known: readonly string[]): void {
    for (const [key, field] of fields) {
      if (known.includes(key)) continue
      const guess = didYouMean(key, known)
      this.wrong(
        { ...field, offset: field.keyOffset },
        `unknown key${guess === '' ? `; known are ${listWords(known)}` : guess}`,
      )
    }
  }

  /** The text of a scalar as it is written, so that `password: 0123` keeps its zero. Undefined: none, or noted. */
  text(field: YamlField | undefined, expected = 'text'): string | undefined {
    const node = this.#resolve(field?.node ?? null)
    if (field === undefined || isNull(node)) return undefined
    if (isScalar(node)) {
      const written = typeof node.value === 'string' ? node.value : (node.source ?? '')
      const text = this.#substitute(field, written)
      // A default of nothing, as in ${NAME:-}.
      return text === '' && written !== '' ? undefined : text
    }
    this.wrong(field, `expected ${expected}, got ${describeNode(node)}`)
    return undefined
  }

  /** What is written, as a value of JavaScript: whole numbers beyond 2^53 are a bigint. */
  value(field: YamlField, reading: ScalarReading = {}): unknown {
    return this.#toValue(field, field.node, { ...reading, depth: 0 })
  }

  isScalar(field: YamlField): boolean {
    return isScalar(this.#resolve(field.node))
  }

  isMapping(field: YamlField): boolean {
    return isMap(this.#resolve(field.node))
  }

  #toValue(
    field: YamlField,
    given: Node | null,
    reading: ScalarReading & { readonly depth: number },
  ): unknown {
    const node = this.#resolve(given)
    if (++this.#nodes > MOST_NODES || reading.depth > DEEPEST) {
      if (this.#nodes > 0)
        this.wrong(field, 'is too large: aliases (*name) unfold to more than a config can be')
      // Told once; the rest of the file is still read.
      this.#nodes = Number.NEGATIVE_INFINITY
    }
    if (this.#nodes < 0 || node === null) return null
    const inside = { ...reading, depth: reading.depth + 1 }
    if (isMap(node)) {
      const entries = [...this.#pairs(node, field)].map(
        ([key, child]) => [key, this.#toValue(child, child.node, inside)] as const,
      )
      return Object.fromEntries(entries)
    }
    if (isSeq(node)) return node.items.map((item) => this.#toValue(field, isNode(item) ? item : null, inside))
    return isScalar(node) ? this.#scalar(field, node, reading) : null
  }

  #scalar(field: YamlField, node: Scalar, { variablesAsText, decimalsAsText }: ScalarReading): unknown {
    if (typeof node.value === 'number' && decimalsAsText === true) return node.source ?? String(node.value)
    if (typeof node.value !== 'string') return narrow(node.value)
    const text = this.#substitute(field, node.value)
    // Only what came from a variable: a tag such as !!str has spoken for the rest.
    if (node.type !== 'PLAIN' || text === node.value) return text
    if (text === '') return null
    const value = narrow(this.#file.resolvePlain(text))
    const isText = variablesAsText === true || (decimalsAsText === true && typeof value === 'number')
    return isText ? text : value
  }

  #substitute(field: YamlField, text: string): string {
    const { text: substituted, missing, empty, nested } = this.#file.substitute(text)
    for (const name of empty) {
      this.#lacks(
        field,
        `the environment variable ${name} is empty: set it, or write \${${name}:-} where nothing is meant`,
      )
    }
    for (const name of missing) {
      this.#lacks(
        field,
        `the environment variable ${name} is not set: set it, or write \${${name}:-…} with a default`,
      )
    }
    for (const name of nested)
      this.wrong(field, `the default of \${${name}:-…} holds another variable: a default is text`)
    // Not in what came from a variable: that may hold anything.
    const unread = /\$\{[^}]*\}?/.exec(text)
    if (unread !== null)
      this.wrong(field, `"${unread[0].slice(0, 40)}" cannot be read: write \${NAME} or \${NAME:-default}`)
    return substituted
  }

  #lacks(field: YamlField, message: string): void {
    const issue = { path: field.path, message, place: this.place(field) }
    this.issues.push(issue)
    this.unset.add(issue)
  }

  #pairs(map: YAMLMap, parent: YamlField): YamlFields {
    const fields = new Map<string, YamlField>()
    const merged: YamlFields[] = []
    for (const { key, value } of map.items) {
      const node = isNode(value) ? value : null
      const offset = isNode(key) ? (key.range?.[0] ?? parent.offset) : parent.offset
      const name = isScalar(key)
        ? this.#substitute({ ...parent, offset }, key.source ?? String(key.value))
        : undefined
      if (name === undefined) {
        this.wrong({ ...parent, offset }, 'a key is text')
      } else if (name === '<<') {
        merged.push(...this.#merged({ path: parent.path, offset, keyOffset: offset, node }))
      } else {
        const isCollection = node === null || isMap(node) || isSeq(node)
        fields.set(name, {
          path: at(parent.path, name),
          offset: isCollection ? offset : (node.range?.[0] ?? offset),
          keyOffset: offset,
          node,
        })
      }
    }
    for (const [name, field] of merged.flatMap((more) => [...more]))
      if (!fields.has(name)) fields.set(name, field)
    return fields
  }

  /** `<<: *defaults`, or a list of such. */
  #merged(field: YamlField): readonly YamlFields[] {
    if (++this.#nodes > MOST_NODES || this.#mergesDeep > MOST_MERGES_DEEP) return []
    this.#mergesDeep += 1
    const node = this.#resolve(field.node)
    const parts = isSeq(node) ? node.items.filter((item) => isNode(item)) : [node]
    const merged = parts.map((part) => this.fields({ ...field, node: part }, 'a mapping to merge (<<)'))
    this.#mergesDeep -= 1
    return merged
  }

  #resolve(node: Node | null): Node | null {
    const { document } = this.#file
    if (!isAlias(node)) return node
    return (document === undefined ? undefined : node.resolve(document, this.#aliases)) ?? null
  }
}

const isNull = (node: Node | null): boolean => node === null || (isScalar(node) && node.value === null)

function narrow(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Not its text: that may be a secret. */
function describeNode(node: Node | null): string {
  if (isMap(node)) return 'a mapping'
  if (isSeq(node)) return 'a list'
  if (!isScalar(node)) return 'nothing'
  return typeof node.value === 'string' ? 'a text' : `a ${typeof narrow(node.value)}`
}
