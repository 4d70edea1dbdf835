import * as NodeServices from '@effect/platform-node/NodeServices'
import { assert, describe, it } from '@effect/vitest'
import { Effect, Option } from 'effect'
import { backendOf, inFlightOf, nameOf } from '../../cli/backend.ts'
import type { Config } from '../../pipelines/config.ts'

const config: Config = {
  datasets: {},
  models: {},
  device: 'cpu',
  threads: 2,
  backend: { kind: 'embedded' },
  runs: 'runs',
}
const none = Option.none()
const flags = {
  model: none,
  device: none,
  threads: none,
  backend: none,
  baseUrl: none,
  preset: none,
  keyEnv: none,
  media: none,
  quality: none,
  concurrency: none,
}
const servers: Config = {
  ...config,
  backend: { kind: 'openai', baseUrl: ['http://a/v1'], model: 'configured', preset: 'vllm', retries: 3 },
}

describe('the backend of a command', () => {
  it.effect('is the engine inside unless servers are asked for', () =>
    Effect.gen(function* () {
      const chosen = yield* backendOf(config, { ...flags, model: Option.some(import.meta.dirname) })
      assert.strictEqual(chosen.kind, 'embedded')
      assert.deepStrictEqual([nameOf(chosen), inFlightOf(chosen)], ['pipelines', 32])
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.effect('takes flags over the configuration over defaults', () =>
    Effect.gen(function* () {
      const chosen = yield* backendOf(servers, {
        ...flags,
        baseUrl: Option.some('http://b/v1, http://c/v1/'),
        concurrency: Option.some(100),
      })
      if (chosen.kind !== 'openai') return assert.fail('not the servers of the configuration')
      const { baseUrl, model, preset, retries, quality, concurrency } = chosen.settings
      assert.deepStrictEqual(
        { baseUrl, model, preset, retries, quality, most: concurrency.most },
        {
          ...{ baseUrl: ['http://b/v1', 'http://c/v1'], model: 'configured', preset: 'vllm' },
          ...{ retries: 3, quality: 90, most: 100 },
        },
      )
      assert.strictEqual(inFlightOf(chosen), 200)
      const inside = yield* backendOf(servers, { ...flags, backend: Option.some('embedded' as const) })
      assert.strictEqual(inside.kind, 'embedded')
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  const refuses = (name: string, given: Partial<Parameters<typeof backendOf>[1]>, says: RegExp) =>
    it.effect(`refuses ${name} in one line`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(backendOf(config, { ...flags, ...given }))
        assert.match(error.message, says)
        assert.notInclude(error.message, '\n')
      }).pipe(Effect.provide(NodeServices.layer)),
    )
  const openai = Option.some('openai' as const)
  refuses(
    'a server without --backend',
    { baseUrl: Option.some('http://a') },
    /^--base-url: .*--backend openai$/,
  )
  refuses(
    'no server',
    { backend: openai, model: Option.some('m') },
    /^--base-url: is missing; name the server, e\.g\. --preset vllm --base-url/,
  )
  refuses(
    'no address of a service',
    { backend: openai, model: Option.some('m'), preset: Option.some('gemini' as const) },
    /--base-url https:\/\/generativelanguage\.googleapis\.com/,
  )
  refuses('no model', { backend: openai, baseUrl: Option.some('http://a') }, /^--model: is missing/)
  refuses(
    'a password in a URL',
    { backend: openai, baseUrl: Option.some('http://u:secret@a'), model: Option.some('m') },
    /^--base-url: (?!.*secret).*--key-env/,
  )
})
