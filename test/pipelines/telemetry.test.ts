import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { telemetry } from '../../pipelines/telemetry.ts'

interface Span {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: unknown }>
}

/** A collector that keeps what it is sent. */
const collector = async (status = 200) => {
  const requests: Array<{ url: string | undefined; token: string | undefined; spans: ReadonlyArray<Span> }> =
    []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const { resourceSpans } = JSON.parse(text)
    const spans = resourceSpans[0].scopeSpans.flatMap((scope: { spans: ReadonlyArray<Span> }) => scope.spans)
    requests.push({ url: request.url, token: request.headers.authorization, spans })
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const work = Effect.succeed(1).pipe(
  Effect.withSpan('sample', { attributes: { 'sample.id': 'a' } }),
  Effect.withSpan('fold'),
)

describe('traces', () => {
  it('go to the collector that --otlp names, nested as the work is', async () => {
    await using server = await collector()
    await Effect.runPromise(work.pipe(Effect.provide(telemetry(server.url, {}))))
    expect(server.requests.map(({ url }) => url)).toEqual(['/v1/traces'])
    const spans = server.requests[0]!.spans
    const [sample, fold] = ['sample', 'fold'].map((name) => spans.find((span) => span.name === name)!)
    expect(sample!.parentSpanId).toBe(fold!.spanId)
    expect(sample!.attributes).toContainEqual({ key: 'sample.id', value: { stringValue: 'a' } })
  })

  it('go where the environment says, with its headers; the flag goes before it', async () => {
    await using server = await collector()
    await using other = await collector()
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20token',
    }
    await Effect.runPromise(work.pipe(Effect.provide(telemetry(undefined, environment))))
    expect(server.requests.map(({ token }) => token)).toEqual(['Bearer token'])
    await Effect.runPromise(work.pipe(Effect.provide(telemetry(other.url, environment))))
    expect(server.requests).toHaveLength(1)
    expect(other.requests).toHaveLength(1)
  })

  it('are not made unless asked for, and a collector that refuses them stops nothing', async () => {
    expect(await Effect.runPromise(work.pipe(Effect.provide(telemetry(undefined, {}))))).toBe(1)
    await using server = await collector(400)
    expect(await Effect.runPromise(work.pipe(Effect.provide(telemetry(server.url, {}))))).toBe(1)
    expect(server.requests).toHaveLength(1)
  })

  it('refuse what is no URL', async () => {
    const error = await Effect.runPromise(
      Effect.flip(work.pipe(Effect.provide(telemetry('collector:4318', {})))),
    )
    expect(error.message).toBe('--otlp: "collector:4318" is not a URL; use one such as http://127.0.0.1:4318')
  })
})
