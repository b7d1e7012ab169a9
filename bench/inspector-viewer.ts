// Looks at an inspector as a page does, without drawing, until it is ended: reads the stream and throws it away.
import { request } from 'node:http'

const { hostname, port, hash } = new URL(process.argv[2] ?? '')
request(
  {
    hostname,
    port,
    path: '/api/stream',
    headers: { authorization: `Bearer ${hash.replace('#token=', '')}` },
  },
  (response) => {
    response.once('data', () => process.send?.('looks'))
    response.resume()
  },
)
  .on('error', () => {})
  .end()
