import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import * as NodeHttpServer from '@effect/platform-node/NodeHttpServer'
import { ByteSize, Effect, type Scope } from 'effect'
import { HttpIncomingMessage, HttpServerRequest, HttpServerResponse } from 'effect/http'
import type { z } from 'zod'
import { bracketed, firstIssue, InputError, isLoopback } from '../../core/index.ts'
import { openapi } from './openapi.ts'
import { eventRequest, promptsRequest, rewardsRequest, turnsRequest } from './schemas.ts'
import { Refusal, type TrainingService } from './types.ts'

export interface ServeOptions {
  /** Address to listen on; loopback by default. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  /** Every request must carry it, if given; needed unless the address is loopback. */
  readonly token?: string
  /** Version of Spanwise, for the OpenAPI document. */
  readonly version: string
}

const digest = (text: string) => createHash('sha256').update(text).digest()

const failed = (status: number, error: string) => HttpServerResponse.jsonUnsafe({ error }, { status })

const invalid = (problem: string) => new Refusal({ status: 400, problem })

const body = Effect.fnUntraced(function* <A>(schema: z.ZodType<A>) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const text = yield* request.text.pipe(Effect.mapError(() => invalid('the body cannot be read')))
  const json: unknown = yield* Effect.try({
    try: () => JSON.parse(text),
    catch: () => invalid('the body is not JSON'),
  })
  const parsed = schema.safeParse(json)
  return parsed.success ? parsed.data : yield* invalid(firstIssue(parsed.error))
})

const hex = /^[0-9a-f]{64}$/

/**
 * Serves a training over HTTP until the scope closes; gives the URL. Fails with an InputError where the address is not
 * loopback and there is no token, and where it cannot be listened on.
 */
export const serveTraining = Effect.fn('TrainingService.serve')(function* (
  service: TrainingService,
  { host = '127.0.0.1', port = 0, token, version }: ServeOptions,
) {
  if (token === undefined && !isLoopback(host))
    return yield* new InputError({
      subject: `service address ${host}`,
      problem: 'is reachable from other machines, but no token is set',
      remedy: 'set SPANWISE_TOKEN to a secret, or listen on 127.0.0.1',
    })
  const server = yield* NodeHttpServer.make(() => createServer(), { port, host }).pipe(
    Effect.mapError(
      ({ cause }) =>
        new InputError({
          subject: `service address ${host}:${port}`,
          problem: `cannot be opened for listening (${cause instanceof Error && 'code' in cause ? cause.code : cause})`,
          remedy: 'choose another address or port',
        }),
    ),
  )
  const document = openapi(version)
  const secret = token === undefined ? null : digest(`Bearer ${token}`)

  const answer = Effect.fnUntraced(function* (method: string, url: URL) {
    const route = `${method} ${url.pathname}`
    switch (route) {
      case 'GET /openapi.json':
        return HttpServerResponse.jsonUnsafe(document)
      case 'GET /v1/run':
        return HttpServerResponse.jsonUnsafe(service.run)
      case 'POST /v1/prompts':
        return HttpServerResponse.jsonUnsafe({
          items: yield* Effect.flatMap(body(promptsRequest), service.prompts),
        })
      case 'POST /v1/turns':
        return HttpServerResponse.jsonUnsafe({
          items: yield* Effect.flatMap(body(turnsRequest), service.turns),
        })
      case 'POST /v1/rewards':
        return HttpServerResponse.jsonUnsafe({
          items: yield* Effect.flatMap(body(rewardsRequest), service.rewards),
        })
      case 'POST /v1/events':
        return HttpServerResponse.jsonUnsafe(yield* Effect.flatMap(body(eventRequest), service.event))
    }
    const hash = /^GET \/v1\/frames\/([^/]+)$/.exec(route)?.[1]
    if (hash === undefined)
      return /\/v1\/(run|prompts|turns|rewards|events)$/.test(url.pathname)
        ? failed(405, `${method} is not supported here`)
        : failed(404, 'see /openapi.json')
    const format = url.searchParams.get('format') ?? 'rgb'
    if (!hex.test(hash) || (format !== 'rgb' && format !== 'jpeg'))
      return failed(400, 'a frame is named by its SHA-256, with the format rgb or jpeg')
    const bytes = yield* service.frame(hash, format)
    return HttpServerResponse.uint8Array(bytes, {
      contentType: format === 'rgb' ? 'application/octet-stream' : 'image/jpeg',
      headers: { 'cache-control': 'public, max-age=31536000, immutable', etag: `"${hash}-${format}"` },
    })
  })

  yield* server.serve(
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (secret !== null && !timingSafeEqual(digest(request.headers.authorization ?? ''), secret))
        return failed(401, 'send the bearer token of the run')
      // A path such as `//` is no URL.
      const url = URL.parse(request.url, 'http://service')
      return url === null ? failed(400, 'the path is not valid') : yield* answer(request.method, url)
    }).pipe(
      Effect.catch((error) =>
        Effect.succeed(
          error instanceof Refusal ? failed(error.status, error.problem) : failed(422, error.message),
        ),
      ),
      Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.mebibytes(256)),
    ),
  )
  const { address } = server
  const at = address._tag === 'UnixPathAddress' ? port : address.port
  return `http://${bracketed(host)}:${at}`
}) satisfies (
  service: TrainingService,
  options: ServeOptions,
) => Effect.Effect<string, InputError, Scope.Scope>
