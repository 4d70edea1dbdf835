import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What the server does with one request for a completion. */
export type Fault =
  /** After so many milliseconds, or once something has happened. */
  | { readonly kind: 'answer'; readonly after?: number; readonly when?: Promise<void> }
  /** A status, with the header Retry-After where one is given. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: string
      readonly message?: string
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Ends the connection before a byte, or in the middle of the answer. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'half' }
  /** This text instead of a completion, by default with status 200. */
  | { readonly kind: 'text'; readonly text: string; readonly status?: number }
  /** The answer byte by byte, so many milliseconds apart. */
  | { readonly kind: 'drip'; readonly every: number }

/** A request as the script sees it. */
export interface Asked {
  /** The text of the prompt without its pictures. */
  readonly question: string
  readonly body: { readonly [field: string]: unknown }
  readonly authorization: string | undefined
  /** Place among all requests, and among those with the same question, from 0. */
  readonly number: number
  readonly again: number
  /** Requests being answered at present, this one included. */
  readonly inFlight: number
}

export interface FaultServerOptions {
  readonly script?: (asked: Asked) => Fault
  /** Requests answered at the same time; others wait in line. */
  readonly slots?: number
  /** Milliseconds of work for one request. */
  readonly latency?: number
  readonly reply?: (asked: Asked, index: number) => object
  readonly models?: () => { readonly status: number; readonly body: unknown }
}

export interface FaultServer {
  readonly url: string
  /** How often each question was asked. */
  readonly asked: ReadonlyMap<string, number>
  readonly requests: () => number
  /** The most requests with it at the same time. */
  readonly most: () => number
  /** Stops listening and drops every connection: a dead machine. `revive` listens on the same port again. */
  readonly kill: () => Promise<void>
  readonly revive: () => Promise<void>
}

interface Part {
  readonly type: string
  readonly text?: string
}

const questionOf = (body: { readonly [field: string]: unknown }): string =>
  ((body.messages ?? []) as ReadonlyArray<{ readonly content: ReadonlyArray<Part> }>)
    .flatMap(({ content }) => content.map((part) => part.text ?? ''))
    .join('\n')

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const sleep = (milliseconds: number) => new Promise((resume) => setTimeout(resume, milliseconds))

/** A chat server that does what a script says; for what a real one will not do on demand. */
export const startFaultServer = async (
  options: FaultServerOptions = {},
): Promise<FaultServer & AsyncDisposable> => {
  const asked = new Map<string, number>()
  const sockets = new Set<Socket>()
  const line: Array<() => void> = []
  let number = 0
  let inFlight = 0
  let most = 0
  let working = 0

  /** Waits for a slot, which is held until the connection is done with this answer, and works. */
  const work = async (response: ServerResponse): Promise<void> => {
    if (options.slots !== undefined && working >= options.slots)
      await new Promise<void>((go) => line.push(go))
    const leave = () => {
      working--
      line.shift()?.()
    }
    working++
    // A client that left while it waited has nothing to close any more.
    if (response.closed) return leave()
    response.on('close', leave)
    if (options.latency !== undefined) await sleep(options.latency)
  }

  const completion = (one: Asked): string =>
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: one.body.model,
      choices: Array.from({ length: Number(one.body.n ?? 1) }, (_, index) => ({
        index,
        finish_reason: 'stop',
        message: { role: 'assistant', content: '<answer>1.0 to 2.0</answer>' },
        ...options.reply?.(one, index),
      })),
      usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    })

  const answer = async (one: Asked, response: ServerResponse) => {
    const fault = options.script?.(one) ?? { kind: 'answer' }
    const json = { 'content-type': 'application/json' }
    // Refusals and resets cost nothing; whatever else it does takes a slot until it is done or the client leaves.
    if (fault.kind !== 'status' && fault.kind !== 'reset') await work(response)
    switch (fault.kind) {
      case 'answer': {
        if (fault.after !== undefined) await sleep(fault.after)
        await fault.when
        response.writeHead(200, json).end(completion(one))
        return
      }
      case 'status': {
        const after = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
        const message = fault.message ?? `made to answer ${fault.status}`
        response.writeHead(fault.status, { ...json, ...after }).end(JSON.stringify({ error: { message } }))
        return
      }
      case 'hang':
        return
      case 'reset':
        response.socket?.resetAndDestroy()
        return
      case 'half': {
        const text = completion(one)
        response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(text) })
        response.write(text.slice(0, text.length / 2), () => response.socket?.destroy())
        return
      }
      case 'text':
        response.writeHead(fault.status ?? 200, json).end(fault.text)
        return
      case 'drip': {
        response.writeHead(200, json)
        for (const byte of completion(one)) {
          if (response.destroyed) return
          response.write(byte)
          await sleep(fault.every)
        }
        response.end()
        return
      }
    }
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.endsWith('/models')) {
      const { status, body } = options.models?.() ?? { status: 200, body: { data: [{ id: 'model' }] } }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return
    }
    inFlight++
    most = Math.max(most, inFlight)
    response.on('close', () => inFlight--)
    const body = JSON.parse(await read(request))
    const question = questionOf(body)
    const again = asked.get(question) ?? 0
    asked.set(question, again + 1)
    const { authorization } = request.headers
    await answer({ question, body, authorization, number: number++, again, inFlight }, response)
  }

  const listen = (port: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer((request, response) => {
        serve(request, response).catch(() => response.destroy())
      })
      server.on('connection', (socket) => {
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
      })
      server.listen(port, '127.0.0.1', () => resolve(server))
    })
  let server: Server | null = await listen(0)
  const { port } = server.address() as AddressInfo
  const kill = async () => {
    const dying = server
    server = null
    for (const socket of sockets) socket.destroy()
    if (dying !== null) await new Promise((done) => dying.close(done))
  }
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    requests: () => number,
    most: () => most,
    kill,
    revive: async () => {
      server ??= await listen(port)
    },
    [Symbol.asyncDispose]: kill,
  }
}
