import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly code: string
  /** Of its first line of code, from 1. */
  readonly line: number
  /** What its first line names it: `// hooks/stats.ts`, `# pawl.yaml`. Blocks of a page that import each other have one. */
  readonly file: string | undefined
}

export interface Page {
  /** From the repository's root: `docs/jobs.md`. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** Every page that users read. */
export async function readPages(): Promise<readonly Page[]> {
  const docs = await readdir(join(ROOT, 'docs'))
  const examples = await readdir(join(ROOT, 'examples'), { recursive: true })
  const paths = [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'ARCHITECTURE.md',
    ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`),
    ...examples
      .filter((file) => file.endsWith('README.md') && !file.includes('node_modules'))
      .map((file) => `examples/${file.replaceAll('\\', '/')}`),
  ]
  const pages = paths.map(async (path): Promise<Page | undefined> => {
    const text = await readFile(join(ROOT, path), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : { path, text, blocks: readBlocks(text) }
  })
  return (await Promise.all(pages)).filter((page) => page !== undefined)
}

export function readBlocks(text: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly fence: string; readonly language: string; readonly at: number } | undefined
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    const [, indent = '', fence, language = ''] = /^(\s*)(`{3,})([\w-]*)/.exec(line) ?? []
    if (fence === undefined) continue
    if (open === undefined) open = { fence: indent + fence, language, at }
    else if (line.trimEnd() === open.fence) {
      const code = lines.slice(open.at + 1, at)
      const [, file] = /^(?:\/\/|#|--) ([\w./-]+\.[a-z]+)\b/.exec(code[0] ?? '') ?? []
      blocks.push({
        language: open.language,
        code: code.map((each) => each.slice(indent.length)).join('\n') + '\n',
        line: open.at + 2,
        file,
      })
      open = undefined
    }
  }
  return blocks
}
