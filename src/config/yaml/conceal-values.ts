/** Of so many characters a value is known again, also where a message has cut the rest off. */
const TELLING = 20
/** Shorter values may be words of ours, such as `localhost`: only what a message quotes is of the file then. */
const OUR_WORDS = 12
/** Shorter ones are in many a word. */
const SHORT = 4

const QUOTED = /"(?:[^"\\]|\\.)*"/g

/** Puts the names of variables where a message quotes what they hold, for that may be a secret. */
export function concealValues(message: string, variables: ReadonlyMap<string, string>): string {
  const longestFirst = [...variables].sort(([, one], [, other]) => other.length - one.length)
  return longestFirst.reduce((text, [name, value]) => {
    // As messages quote it, too.
    const written = new Set([value, JSON.stringify(value).slice(1, -1)])
    return [...written].reduce((rest, one) => conceal(rest, one, `\${${name}}`), text)
  }, message)
}

function conceal(message: string, value: string, name: string): string {
  if (value.length < SHORT) return message.replaceAll(`"${value}"`, `"${name}"`)
  if (value.length < OUR_WORDS) return message.replaceAll(QUOTED, (quoted) => quoted.replaceAll(value, name))
  const head = value.slice(0, TELLING)
  let text = message
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + name.length)) {
    let end = at + head.length
    while (end - at < value.length && text[end] === value[end - at]) end += 1
    text = text.slice(0, at) + name + text.slice(end)
  }
  return text
}
