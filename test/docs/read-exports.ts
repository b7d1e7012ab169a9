import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './read-pages.ts'

/** A name that an entry of the package exports. */
export interface ExportedName {
  readonly name: string
  readonly kind: 'function' | 'class' | 'type' | 'constant'
  /** The first sentence of its docstring; empty: it has none. */
  readonly summary: string
  /** From the repository's root: where it is declared. */
  readonly file: string
}

const KINDS = {
  function: 'function',
  class: 'class',
  'abstract class': 'class',
  interface: 'type',
  type: 'type',
  const: 'constant',
} as const

/** What a module exports, also by way of others, in the order of their names. `file`: from the repository's root. */
export function exportsOf(file: string): readonly ExportedName[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const from = (path: string): string => relative(ROOT, join(ROOT, dirname(file), path)).replaceAll('\\', '/')
  const found = [
    ...declarationsIn(text, file),
    ...[...text.matchAll(/^export (?:type )?\* from '([^']+)'/gm)].flatMap(([, path = '']) =>
      exportsOf(from(path)),
    ),
    ...[...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)'/gm)].flatMap(
      ([, names = '', path = '']) => {
        const there = exportsOf(from(path))
        return namesIn(names).map((name) => the(name, there, from(path)))
      },
    ),
    // `export type { Executor }`, of what was imported.
    ...[...text.matchAll(/^export (?:type )?\{([^}]*)\}$/gm)].flatMap(([, names = '']) =>
      namesIn(names).map((name) => {
        const [, path = ''] =
          new RegExp(`^import [^;]*?\\b${name}\\b[^;]*? from '([^']+)'`, 'm').exec(text) ?? []
        return the(name, exportsOf(from(path)), from(path))
      }),
    ),
  ]
  return found.toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
}

const namesIn = (names: string): readonly string[] =>
  names
    .split(',')
    .map((name) => name.replace(/\btype\b/, '').trim())
    .filter((name) => name !== '')

function the(name: string, there: readonly ExportedName[], file: string): ExportedName {
  const found = there.find((each) => each.name === name)
  if (found === undefined) throw new Error(`${file} exports no "${name}"`)
  return found
}

function declarationsIn(text: string, file: string): readonly ExportedName[] {
  const declaration =
    /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n(?:\/\/[^\n]*\n)*)?^export (?:declare )?(?:async )?(abstract class|class|function|interface|type|const) (\w+)/gm
  const found = new Map<string, ExportedName>()
  for (const [, doc = '', kind = '', name = ''] of text.matchAll(declaration)) {
    // Of overloads, the one that is documented.
    if (found.get(name)?.summary) continue
    found.set(name, { name, kind: KINDS[kind as keyof typeof KINDS], summary: firstSentence(doc), file })
  }
  return [...found.values()]
}

function firstSentence(doc: string): string {
  const text = doc
    .replaceAll(/^\s*\*? ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/ ?@(?:example|throws|returns|param|typeParam|template|see)\b.*$/, '')
    .trim()
  return /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text
}
