import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PACKAGE_ROOT } from '../own-package.ts'

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const PAGE = fileURLToPath(new URL('dist/src/inspector/page', PACKAGE_ROOT))
/** Where `npm run diagrams` puts the layouts of the charts. */
const CHARTS = fileURLToPath(new URL('diagrams', PACKAGE_ROOT))

/**
 * The files of the page by their paths. All of them are read once, so that no request is ever made into the name of a file.
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const file of namesIn(PAGE)) {
    const type = TYPES[extname(file)]
    if (type !== undefined) files.set(`/${file}`, { type, body: readFileSync(join(PAGE, file)) })
  }
  const index = files.get('/index.html')
  if (index !== undefined) files.set('/', index)
  for (const file of namesIn(CHARTS)) {
    const [, machine] = /^([a-z]+)\.layout\.json$/.exec(file) ?? []
    if (machine !== undefined)
      files.set(`/charts/${machine}.json`, {
        type: 'application/json',
        body: readFileSync(join(CHARTS, file)),
      })
  }
  return files
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}
