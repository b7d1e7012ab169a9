import { readFileSync } from 'node:fs'
import { PACKAGE_ROOT } from '../own-package.ts'

export interface PageFile {
  readonly type: string
  readonly body: string
}

const html = (hosted: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Pawl in the Stately Inspector</title>
<link rel="stylesheet" href="/style.css">
<iframe id="hosted" src="${hosted}" title="Stately Inspector"></iframe>
<script type="module" src="/main.js"></script>
</html>
`

const CSS =
  'html, body { height: 100%; margin: 0 } iframe { width: 100%; height: 100%; border: 0; display: block }\n'

// The token is after #: never sent by the browser, and put into a header that no other page can send.
const main = (origin: string): string => `import { StatelyBridge } from '/stately-bridge.js'
const token = location.hash.replace(/^#token=/, '')
const target = document.getElementById('hosted').contentWindow
const bridge = new StatelyBridge({
  target,
  origin: ${JSON.stringify(origin)},
  open: async (signal) => {
    const response = await fetch('/stream', { headers: { authorization: 'Bearer ' + token }, cache: 'no-store', signal })
    if (!response.ok) throw new Error(String(response.status))
    return pieces(response.body.pipeThrough(new TextDecoderStream()).getReader())
  },
})
addEventListener('message', (event) => bridge.hear(event))
async function* pieces(reader) {
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value
}
`

/** The files of the page that holds the hosted inspector and feeds it, by their paths. */
export function bridgePage(hosted: string): ReadonlyMap<string, PageFile> {
  const script = 'text/javascript; charset=utf-8'
  const bridge = readFileSync(new URL('dist/src/inspector/page/stately-bridge.js', PACKAGE_ROOT), 'utf8')
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: html(hosted) }],
    ['/style.css', { type: 'text/css; charset=utf-8', body: CSS }],
    ['/main.js', { type: script, body: main(new URL(hosted).origin) }],
    ['/stately-bridge.js', { type: script, body: bridge }],
  ])
}
