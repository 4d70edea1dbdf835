/**
 * A chat server that looks at nothing and answers the same to everyone, as a process of its own, so that what is left
 * of a run's time is the client's. Arguments: milliseconds until an answer, answers at the same time (0: no bound).
 * Prints its port; `GET /counted` says how many requests and bytes of bodies it got since the last time it was asked.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const [latency = 0, slots = 0] = process.argv.slice(2).map(Number)
const text = '<answer>1.0 to 2.5</answer>'
const reply = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-0',
    object: 'chat.completion',
    created: 0,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1000, completion_tokens: 12, total_tokens: 1012 },
  }),
)
const models = Buffer.from(JSON.stringify({ object: 'list', data: [{ id: 'bench', object: 'model' }] }))
const headers = (body: Buffer) => ({ 'content-type': 'application/json', 'content-length': body.length })

let counted = { requests: 0, bytes: 0 }
let busy = 0
const waiting: Array<ServerResponse> = []

const send = (response: ServerResponse, body: Buffer) => response.writeHead(200, headers(body)).end(body)
const start = (response: ServerResponse) => {
  busy++
  setTimeout(() => {
    busy--
    send(response, reply)
    const next = waiting.shift()
    if (next !== undefined) start(next)
  }, latency)
}

const server = createServer((request, response) => {
  if (request.url === '/counted') {
    send(response, Buffer.from(JSON.stringify(counted)))
    counted = { requests: 0, bytes: 0 }
    return
  }
  if (request.method === 'GET') return send(response, models)
  request.on('data', (chunk: Buffer) => {
    counted.bytes += chunk.length
  })
  request.on('end', () => {
    counted.requests++
    if (latency === 0) send(response, reply)
    else if (slots === 0 || busy < slots) start(response)
    else waiting.push(response)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
