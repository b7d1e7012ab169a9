import { Parser, type CST } from 'yaml'

/** No config of a person comes near. */
const DEEPEST = 100

/**
 * Where a YAML text is nested deeper than any config is; undefined: nowhere. To be asked before it is composed: that recurses, and V8
 * ends the whole process where it compiles a regular expression with the stack nearly used up.
 */
export function findDeepNesting(text: string): number | undefined {
  const open: (readonly [CST.Token, number])[] = []
  for (const token of new Parser().parse(text)) {
    open.push([token, 0])
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [current, depth] = next
      if (depth > DEEPEST) return current.offset
      for (const inner of insideOf(current)) open.push([inner, depth + 1])
    }
  }
  return undefined
}

function insideOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value]
  if (!('items' in token)) return []
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((inner) => inner !== null && inner !== undefined),
  )
}
