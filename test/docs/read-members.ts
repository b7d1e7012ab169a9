import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './read-pages.ts'

/** A field, a method or an event as its declaration and its docstring have it. */
export interface Member {
  readonly name: string
  readonly optional: boolean
  /** On one line. */
  readonly type: string
  /** One paragraph; empty: none. */
  readonly doc: string
}

const sources = new Map(
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file.replaceAll('\\', '/'), readFileSync(join(ROOT, 'src', file), 'utf8')]),
)

/** The declaration of an exported interface or type, wherever in `src/` it is. The formatter sees to it that it ends where a line is no further part of it. */
export function declarationOf(name: string): string {
  for (const text of sources.values()) {
    const start = new RegExp(`^export (?:interface|type) ${name}\\b`, 'm').exec(text)
    if (start === null) continue
    const rest = text.slice(start.index)
    const end = /\n(?=(?:\/\*\*|\/\/|export|const|interface|type|function|async|class)\b|\/\*\*)/.exec(
      rest.slice(1),
    )
    return end === null ? rest : rest.slice(0, end.index + 1)
  }
  throw new Error(`src/ exports no "${name}"`)
}

/** What an interface, or each object of a union, holds: in order, and each name once. */
export function membersOf(name: string): readonly Member[] {
  const found = new Map<string, Member>()
  const text = declarationOf(name)
  const field =
    /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?(?:\/\/[^\n]*\n\s*)*(?:^|\n)?[ ]+(?:readonly )?(?:\[?([A-Za-z_]\w*)\]?)(\?)?(?=[:(<])/y
  const body = text.slice(text.indexOf('{') + 1)
  for (let at = 0; at < body.length;) {
    const start = nextField(body, at)
    if (start === undefined) break
    field.lastIndex = start
    const match = field.exec(body)
    if (match === null) {
      at = body.indexOf('\n', start) + 1
      if (at === 0) break
      continue
    }
    const [whole, doc = '', member = '', optional] = match
    const end = endOfType(body, start + whole.length)
    const type = oneLine(body.slice(start + whole.length, end).replace(/^:\s*/, ''))
    // `never`: what another form of the same object has instead.
    if (type !== 'never' && !found.has(member)) {
      found.set(member, { name: member, optional: optional !== undefined, type, doc: docText(doc) })
    }
    at = end
  }
  return [...found.values()]
}

/** The events, each with its own docstring: `| { readonly type: 'lifecycle' … }`. */
export function eventsOf(name: string): readonly Member[] {
  const text = declarationOf(name)
  const members = [
    ...text.matchAll(
      /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?\n? {2}\| (\(?\{[^]*?(?:\}(?: & [\w<>]+\))?|\}))(?=\n {2}(?:\||\/\*\*)|\n*$)/g,
    ),
  ]
  return members.map(([, doc = '', body = '']) => {
    const [, type = ''] = /type: '([\w.]+)'/.exec(body) ?? []
    const fields = [...body.matchAll(/readonly (\w+)\??: ([^\n;}]+)/g)].filter(
      ([, field]) => field !== 'type',
    )
    const more = /FiringEvent/.test(body) ? ['firing', 'hook', 'origin'] : []
    return {
      name: type,
      optional: false,
      type: [...more, ...fields.map(([, field = '']) => field)].join(', '),
      doc: docText(doc),
    }
  })
}

/** Where the docstring, or the line, of the next member begins. */
function nextField(body: string, from: number): number | undefined {
  const found = /^[ ]{2,}(?:\/\*\*|\/\/|readonly |[a-z_]\w*\??[(:<])/gm
  found.lastIndex = from
  const match = found.exec(body)
  if (match === null) return undefined
  const start = match.index
  return body.slice(start).trimStart().startsWith('/**')
    ? start + (/^ */.exec(body.slice(start))?.[0].length ?? 0)
    : start
}

function endOfType(body: string, from: number): number {
  let depth = 0
  for (let at = from; at < body.length; at += 1) {
    const char = body[at] ?? ''
    if ('({['.includes(char)) depth += 1
    else if (')}]'.includes(char)) {
      if (depth === 0) return at
      depth -= 1
    } else if (char === ';' && depth === 0) return at
    else if (
      char === '\n' &&
      depth === 0 &&
      !/^\s*(?:[|&?:]|=>)/.test(body.slice(at + 1)) &&
      !/[|&=:]\s*$/.test(body.slice(from, at))
    )
      return at
  }
  return body.length
}

const oneLine = (text: string): string =>
  text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/,? ([)}])/g, ' $1')
    .replace(/^\| /, '')
    .trim()

function docText(doc: string): string {
  return doc
    .replace(/@example[^]*$/, '')
    .replaceAll(/^\s*\*? ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll('@throws', '**Throws**')
    .replaceAll('@returns', '**Returns**')
}
