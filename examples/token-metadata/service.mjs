// Stands for the service that knows tokens: every other answer is an error.
import { createServer } from 'node:http'

let requests = 0
createServer((request, response) => {
  requests += 1
  const status = requests % 2 === 1 ? 500 : 200
  console.log(`GET ${request.url} → ${status}`)
  const symbol = request.url?.slice(3, 7).toUpperCase()
  response.writeHead(status).end(JSON.stringify({ symbol, decimals: 18 }))
}).listen(8081, '127.0.0.1')
