import { createServer } from 'node:http'
import * as NodeHttpServer from '@effect/platform-node/NodeHttpServer'
import { ByteSize, Cause, Effect, type Scope } from 'effect'
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse,
} from 'effect/http'
import { bracketed, InputError } from '../../core/index.ts'
import type { Videos } from '../../video/index.ts'
import { pageFolder } from '../assets/index.ts'
import { makeStudio, type StudioSources } from '../studio.ts'
import { assetAnswer, readAssets } from './assets.ts'
import { cookieValue, type Guard, namesOf, refuse, safety } from './guard.ts'
import type { Question } from './question.ts'
import { answerOf, type Failure, jsonAnswer, refusal } from './refusal.ts'
import { fileRoutes, jsonRoutes } from './routes.ts'
import { warm } from './warm.ts'

export interface ServeOptions extends StudioSources {
  /** Address to listen on; loopback by default. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  readonly token: string
  /** Folder of the built page; by default the package's. */
  readonly assets?: string
}

/** Largest body of a post. */
const largest = ByteSize.mebibytes(1)
/** Largest headers in bytes, the address among them, which says the filters of a view. */
const longest = 1 << 20

const questionOf = Effect.fnUntraced(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const params = yield* HttpRouter.params
  return {
    params,
    query: new URL(request.url, 'http://studio').searchParams,
    headers: request.headers,
    body: request.text.pipe(
      Effect.mapError(() => refusal(400, 'the body cannot be read')),
      Effect.flatMap((text) =>
        Effect.try({
          try: (): unknown => JSON.parse(text),
          catch: () => refusal(400, 'the body is not JSON'),
        }),
      ),
      Effect.provideService(HttpIncomingMessage.MaxBodySize, largest),
    ),
  } satisfies Question
})

/** Answers failures; what nobody expected is reported without details of this machine. */
const answered = <R>(work: Effect.Effect<HttpServerResponse.HttpServerResponse, Failure, R>) =>
  work.pipe(
    Effect.catch((failure) => Effect.succeed(answerOf(failure))),
    Effect.catchDefect((defect) =>
      Effect.as(
        Effect.logError(Cause.pretty(Cause.die(defect))),
        jsonAnswer({ error: 'internal error; its details are on the terminal of the studio' }, 500),
      ),
    ),
  )

const isUnknownPath = (error: unknown): boolean =>
  HttpServerError.isHttpServerError(error) && error.reason._tag === 'RouteNotFound'

/** The URL without its token, for the redirect that follows the cookie. Two slashes at its start would name a host. */
const withoutToken = (url: URL): string => {
  const query = new URLSearchParams(url.searchParams)
  query.delete('token')
  return `${url.pathname.replace(/^\/+/, '/')}${query.size === 0 ? '' : `?${query}`}`
}

/**
 * Serves the studio until the scope closes; gives the URL with its token. Fails with an InputError where the address
 * cannot be listened on.
 */
export const serveStudio = Effect.fn('Studio.serve')(function* (options: ServeOptions) {
  const { host = '127.0.0.1', port = 0, token } = options
  const server = yield* NodeHttpServer.make(() => createServer({ maxHeaderSize: longest }), {
    ...{ port, host },
    // Streams of changes never end by themselves.
    gracefulShutdownTimeout: '100 millis',
  }).pipe(
    Effect.mapError(
      ({ cause }) =>
        new InputError({
          subject: `studio address ${host}:${port}`,
          problem: `cannot be opened for listening (${cause instanceof Error && 'code' in cause ? cause.code : cause})`,
          remedy: 'choose another --port, or 0 for any free one',
        }),
    ),
  )
  const at = server.address._tag === 'UnixPathAddress' ? port : server.address.port
  const studio = yield* makeStudio(options)
  const assets = readAssets(options.assets ?? (yield* pageFolder))
  const guard: Guard = { token, names: namesOf(host), cookie: `spanwise-studio-${at}` }

  const router = yield* HttpRouter.make
  for (const { method, path, answer } of jsonRoutes)
    yield* router.add(
      method,
      path,
      answered(
        Effect.map(
          Effect.flatMap(questionOf(), (question) => answer(studio, question)),
          (body) => jsonAnswer(body),
        ),
      ),
    )
  for (const { path, serve } of fileRoutes)
    yield* router.add(
      'GET',
      path,
      answered(Effect.flatMap(questionOf(), (question) => serve(studio, question))),
    )
  // HEAD is answered as GET, without its body, where no route of its own exists: so there must be none for all methods.
  const route = Effect.catchIf(router.asHttpEffect(), isUnknownPath, () =>
    Effect.succeed(jsonAnswer({ error: 'there is no such path' }, 404)),
  )

  const respond = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    // A path such as `//` is no URL.
    const url = URL.parse(request.url, 'http://studio')
    const refused = refuse(guard, { headers: request.headers, url })
    if (refused !== null) return answerOf(refused)
    if (url === null) return jsonAnswer({ error: 'the path is not valid' }, 400)
    if (url.pathname.startsWith('/api/')) return yield* route
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return jsonAnswer({ error: `${request.method} is not supported here` }, 405)
    // The token moves from the address into a cookie that scripts cannot read.
    if (url.searchParams.has('token'))
      return HttpServerResponse.setCookieUnsafe(
        HttpServerResponse.redirect(withoutToken(url), { status: 303 }),
        guard.cookie,
        cookieValue(token),
        { httpOnly: true, sameSite: 'lax', path: '/' },
      )
    return assetAnswer(assets, url.pathname, request.headers)
  })

  yield* server.serve(Effect.map(respond, HttpServerResponse.setHeaders(safety)))
  // While the browser starts, the run that it will open is read.
  yield* Effect.forkScoped(Effect.ignore(warm(studio)))
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${bracketed(name)}:${at}/?token=${encodeURIComponent(token)}`
}) satisfies (options: ServeOptions) => Effect.Effect<string, InputError, Scope.Scope | Videos>
