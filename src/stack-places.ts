import { fileURLToPath } from 'node:url'

/** Where code stands: a file's path, and a line of it. */
export interface StackPlace {
  readonly path: string
  readonly line: string
}

/** Characters. A message can be of any length, and the expressions look at each of its places again. */
const LONGEST_STACK = 10_000
const LONGEST_LINE = 1_000

const WHERE = String.raw`file:\/\/|\/|[A-Za-z]:[\\/]`
// `at f (file:///a/b.ts:3:4)`, `at async /a/b.ts:3:4`. Paths may hold spaces and brackets: C:\Program Files (x86)\a.ts
const FRAME = new RegExp(String.raw`^ +at (?:async |.*? \()?((?:${WHERE}).*?):(\d+):\d+\)?$`)
// What is put above a stack: `file:///a/b.ts:3`, and jiti's `SyntaxError: … /a/b.ts:3:4`.
const TITLE = new RegExp(String.raw`(?<![\w:/.\\])((?:${WHERE})[^\s():]*?):(\d+)(?::\d+)?(?=\)?(?:\s|$))`)

// From dist/src/, in the repository as in an installed package; stacks name the sources where source maps are on.
const OWN = ['../src/', '../machines/', '../../src/', '../../machines/'].map((folder) =>
  comparable(fileURLToPath(new URL(folder, import.meta.url))),
)

/** The places of the user's own code in an error's stack, deepest first: neither ours, nor Node's, nor a package's. */
export function usersPlaces({ stack = '' }: Error): readonly StackPlace[] {
  return placesIn(stack).filter(({ path }) => {
    const compared = comparable(path)
    return !compared.includes('/node_modules/') && !OWN.some((own) => compared.startsWith(own))
  })
}

/** All that a stack names, as it is written there. */
export function placesIn(stack: string): readonly StackPlace[] {
  return stack
    .slice(0, LONGEST_STACK)
    .split('\n')
    .filter((line) => line.length <= LONGEST_LINE)
    .flatMap((text) => {
      const [, where = '', line = ''] = FRAME.exec(text) ?? TITLE.exec(text) ?? []
      const path = toPath(where)
      return path === undefined || path === '' ? [] : [{ path, line }]
    })
}

/** Of a `file:` URL, or of a path itself; undefined: of neither. */
export function toPath(where: string): string | undefined {
  try {
    return where.startsWith('file:') ? fileURLToPath(where) : where
  } catch {
    return undefined
  }
}

/** Windows writes a path with either slash. */
export function comparable(path: string): string {
  return path.replaceAll('\\', '/')
}
