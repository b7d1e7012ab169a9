// Looks at an inspector as a page does, without drawing: reads the stream and throws it away. Begins and ends as it is told.
import { request, type ClientRequest } from 'node:http'

const [url = '', view = 'overview'] = process.argv.slice(2)
const { hostname, port, hash } = new URL(url)
let sent: ClientRequest | undefined

process.on('message', ({ look }: { readonly look: boolean }) => {
  if (!look) {
    sent?.once('close', () => process.send?.('done'))
    sent?.destroy()
    return
  }
  const headers = { authorization: `Bearer ${hash.replace('#token=', '')}` }
  sent = request({ hostname, port, path: `/api/stream?view=${view}`, headers }, (response) => {
    response.once('data', () => process.send?.('done'))
    response.resume().on('error', () => {})
  }).on('error', () => {})
  sent.end()
})
