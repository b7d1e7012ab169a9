import type { ConfigurationIssue } from '../../errors.ts'
import { toSnake } from './snake-case.ts'
import type { YamlField, YamlReader } from './yaml-reader.ts'

/** Where the parts of a config, by their paths in `Config`, are written in the file. */
export class ConfigPlaces {
  readonly #fields = new Map<string, YamlField>()
  readonly #reader: YamlReader

  constructor(reader: YamlReader) {
    this.#reader = reader
  }

  set(path: string, field: YamlField): void {
    this.#fields.set(path, field)
  }

  /** An issue of `checkConfig`, with its place and the path that the file has for it. */
  readonly locate = (issue: ConfigurationIssue): ConfigurationIssue => {
    for (let path = issue.path; path !== ''; path = parentOf(path)) {
      const field = this.#fields.get(path)
      if (field === undefined) continue
      // What is missing stands where it would be.
      const rest = issue.path.slice(path.length)
      const message = issue.message.startsWith('unknown key') ? spellAsFile(issue.message) : issue.message
      return { path: `${field.path}${rest}`, message, place: this.#reader.place(field) }
    }
    return issue
  }
}

const parentOf = (path: string): string =>
  path.replace(/(?:^|\.)[^.[\]]*$|\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, '')

const spellAsFile = (message: string): string =>
  message.replaceAll(/"[a-z]+[A-Z][a-zA-Z]*"/g, (key) => toSnake(key))
