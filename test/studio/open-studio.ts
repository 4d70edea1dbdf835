import { request } from 'node:http'
import { Deferred, Effect, Fiber } from 'effect'
import { type ServeOptions, serveStudio } from '../../studio/index.ts'
import { Videos } from '../../video/index.ts'

export const token = 'a-secret-of-the-tests'

export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string | Array<string> | undefined }
  readonly bytes: Buffer
  readonly text: string
}

export interface OpenStudio {
  readonly port: number
  readonly url: string
  /** A request exactly as written: no client normalises the path or the headers. */
  readonly raw: (
    path: string,
    headers?: { readonly [name: string]: string },
    method?: string,
    body?: string,
  ) => Promise<Reply>
  /** JSON of a path, with the token. */
  readonly get: <A>(path: string) => Promise<A>
  readonly post: (path: string, body: unknown) => Promise<Reply>
  readonly close: () => Promise<void>
}

/** A real server on a free port. */
export const openStudio = async (
  options: Partial<ServeOptions> & { readonly folder: string },
): Promise<OpenStudio> => {
  const listening = Deferred.makeUnsafe<string, unknown>()
  const fiber = Effect.runFork(
    serveStudio({ also: [], videos: {}, reviewer: 'ada', version: '0', token, ...options }).pipe(
      Effect.tap((url) => Deferred.succeed(listening, url)),
      Effect.andThen(Effect.never),
      Effect.scoped,
      Effect.provide(Videos.layer({ workers: 1 })),
      Effect.onError((cause) => Deferred.failCause(listening, cause)),
    ),
  )
  const url = await Effect.runPromise(Deferred.await(listening))
  const port = Number(new URL(url).port)
  const raw: OpenStudio['raw'] = (path, headers = {}, method = 'GET', body) =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } },
        (response) => {
          const pieces: Array<Buffer> = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', reject)
          response.on('end', () => {
            const bytes = Buffer.concat(pieces)
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes,
              text: bytes.toString('utf8'),
            })
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  const bearer = { authorization: `Bearer ${token}` }
  return {
    port,
    url,
    raw,
    get: async (path) => {
      const { status, text } = await raw(path, bearer)
      if (status !== 200) throw new Error(`${status} ${text}`)
      return JSON.parse(text)
    },
    post: (path, body) =>
      raw(path, { ...bearer, 'content-type': 'application/json' }, 'POST', JSON.stringify(body)),
    close: async () => {
      await Effect.runPromise(Fiber.interrupt(fiber))
    },
  }
}
