import { ConfigProvider, Effect, Layer } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import packageJson from '../package.json' with { type: 'json' }

/** The trace endpoint in the environment (opentelemetry.io, "OTLP Exporter Configuration"). */
const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const

/**
 * Sends the spans of what runs under it (fold, sample, decode, model request) to an OpenTelemetry collector by OTLP over
 * HTTP, as JSON. Nothing is traced unless a collector is named. The other variables of the OpenTelemetry specification
 * count too, e.g. OTEL_EXPORTER_OTLP_HEADERS for a token. An unreachable collector loses spans, not samples.
 *
 * @param url base URL of the collector, e.g. `http://127.0.0.1:4318`; OTEL_EXPORTER_OTLP_ENDPOINT if left out.
 */
export const telemetry = (
  url: string | undefined,
  environment: { readonly [name: string]: string | undefined } = process.env,
): Layer.Layer<never, InputError> => {
  const name = endpoints.find((name) => (environment[name] ?? '') !== '')
  const given = url ?? (name === undefined ? undefined : environment[name])
  if (given === undefined) return Layer.empty
  if (!z.url({ protocol: /^https?$/ }).safeParse(given).success)
    return Layer.unwrap(
      new InputError({
        subject: url === undefined ? String(name) : '--otlp',
        problem: `"${given}" is not a URL`,
        remedy: 'use one such as http://127.0.0.1:4318',
      }),
    )
  const settings = {
    ...environment,
    OTEL_TRACES_EXPORTER: 'otlp',
    ...(url === undefined
      ? {}
      : { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined }),
  }
  return Layer.unwrap(
    Effect.promise(async () => {
      // Imported only here, because loading them slows every other start.
      const [{ FetchHttpClient }, { OtlpSerialization, OtlpTracer }] = await Promise.all([
        import('effect/http'),
        import('effect/observability'),
      ])
      return OtlpTracer.layerFromConfig({
        resource: { serviceName: 'spanwise', serviceVersion: packageJson.version },
      }).pipe(
        Layer.provide([
          OtlpSerialization.layerJson,
          FetchHttpClient.layer,
          ConfigProvider.layer(ConfigProvider.fromEnvRecord(settings)),
        ]),
      )
    }),
  )
}
