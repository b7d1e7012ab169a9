// Stands for your service: takes each message once, whatever is sent again.
import { createServer } from 'node:http'

const seen = new Set()
createServer(async (request, response) => {
  const body = (await request.toArray()).join('')
  const key = request.headers['idempotency-key']
  console.log(seen.has(key) ? 'again' : 'new  ', key, body)
  seen.add(key)
  response.end()
}).listen(8080, '127.0.0.1')
