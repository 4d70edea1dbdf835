import { createServer } from 'node:http'
import * as NodeHttpServer from '@effect/platform-node/NodeHttpServer'
import { Effect, type Scope } from 'effect'
import { HttpServerRequest, HttpServerResponse } from 'effect/http'
import { InputError } from '../../core/index.ts'

/**
 * Serves `/metrics` for Prometheus on loopback until the scope closes; every scrape reads the files.
 *
 * @param port 0 uses any free port.
 * @returns its URL.
 */
export const serveMetrics = Effect.fn('Pipelines.serveMetrics')(function* (
  port: number,
  read: Effect.Effect<string, { readonly message: string }>,
) {
  const server = yield* NodeHttpServer.make(() => createServer(), { port, host: '127.0.0.1' }).pipe(
    Effect.mapError(
      ({ cause }) =>
        new InputError({
          subject: `--prometheus ${port}`,
          problem: `cannot be opened for listening (${cause instanceof Error && 'code' in cause ? cause.code : cause})`,
          remedy: 'choose another port, or 0 for any free port',
        }),
    ),
  )
  yield* server.serve(
    Effect.gen(function* () {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      if (url !== '/metrics') return HttpServerResponse.text('see /metrics\n', { status: 404 })
      return yield* read.pipe(
        Effect.map((text) => HttpServerResponse.text(text, { contentType: 'text/plain; version=0.0.4' })),
        Effect.catch((error) =>
          Effect.succeed(HttpServerResponse.text(`${error.message}\n`, { status: 503 })),
        ),
      )
    }),
  )
  const at = server.address._tag === 'UnixPathAddress' ? port : server.address.port
  return `http://127.0.0.1:${at}/metrics`
}) satisfies (
  port: number,
  read: Effect.Effect<string, { readonly message: string }>,
) => Effect.Effect<string, InputError, Scope.Scope>
