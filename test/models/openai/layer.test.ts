import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { greedy, Ledger, type OpenaiInput, openAccount, openaiSettingsSchema } from '../../../models/index.ts'
import type { Asked } from '../../support/fault-server.ts'
import { client, faultServer, question } from './client.ts'

/** A server that keeps what it was asked, and replies with its seed and place. */
const recording = Effect.gen(function* () {
  const bodies: Array<Asked['body']> = []
  const server = yield* faultServer({
    script: ({ body }) => {
      bodies.push(body)
      return { kind: 'answer' }
    },
    reply: ({ body }, index) => ({
      message: { content: `${body.temperature} ${Number(body.seed) + index}` },
      ...(body.logprobs === true
        ? {
            logprobs: {
              content: [
                {
                  token: 'Yes',
                  logprob: -0.1,
                  top_logprobs: [
                    { token: 'Yes', logprob: -0.1 },
                    { token: 'No', logprob: -2.5 },
                  ],
                },
              ],
            },
          }
        : {}),
    }),
    models: () => ({ status: 200, body: { data: [{ id: 'model', root: 'org/model' }] } }),
  })
  return { server, bodies }
})

const sampling = {
  ...greedy(16),
  greedy: false,
  greedyFirst: true,
  temperature: 0.7,
  topP: 0.9,
  seed: 100,
  n: 5,
}

describe('the openai backend', () => {
  it.live('asks for the likeliest reply once and for the others together', () =>
    Effect.gen(function* () {
      const { server, bodies } = yield* recording
      const { chat, identity, media, profile } = yield* client({ baseUrl: server.url, model: 'model' })
      const replies = yield* chat({ ...question('when?'), sampling })
      assert.deepStrictEqual(
        replies.map(({ text }) => text),
        ['0 100', '0.7 100', '0.7 101', '0.7 102', '0.7 103'],
      )
      assert.deepStrictEqual(replies[0]?.logProbs, [-0.1])
      assert.deepStrictEqual(bodies.map(({ n }) => n ?? 1).sort(), [1, 4])
      assert.deepStrictEqual(identity, {
        backend: 'openai',
        model: 'model',
        revision: 'org/model',
        settings: { preset: 'vllm', media: 'frames', quality: 90, family: 'unknown', frameFactor: 28 },
      })
      assert.deepStrictEqual([media, profile.family], [{ kind: 'jpeg', quality: 90 }, 'unknown'])
      const same = yield* chat({ ...question('when?'), sampling: { ...greedy(16), n: 3 } })
      assert.deepStrictEqual(
        same.map(({ text }) => text),
        ['0 0', '0 0', '0 0'],
      )
      assert.strictEqual(server.requests(), 3)
    }),
  )

  it.live('asks one by one where a server gives one reply a request, each with its own seed', () =>
    Effect.gen(function* () {
      const { server, bodies } = yield* recording
      const { chat, choose } = yield* client({ baseUrl: server.url, model: 'model', preset: 'transformers' })
      const replies = yield* chat({ ...question('when?'), sampling })
      assert.deepStrictEqual(
        replies.map(({ text }) => text),
        ['0 100', '0.7 100', '0.7 101', '0.7 102', '0.7 103'],
      )
      assert.isTrue(bodies.every((body) => !('n' in body) && !('logprobs' in body)))
      assert.isNull(yield* choose(question('is it?').messages, ['Yes', 'No']))
      assert.strictEqual(server.requests(), 5)
    }),
  )

  it.live('chooses by the likeliest first tokens', () =>
    Effect.gen(function* () {
      const { server, bodies } = yield* recording
      const { choose } = yield* client({ baseUrl: server.url, model: 'model' })
      assert.deepStrictEqual(yield* choose(question('is it?').messages, ['Yes', 'No']), [-0.1, -2.5])
      assert.deepInclude(bodies[0], { max_tokens: 1, top_logprobs: 20, temperature: 0 })
    }),
  )

  it.live('counts what a sample costs', () =>
    Effect.gen(function* () {
      const { server } = yield* recording
      const { chat } = yield* client({
        baseUrl: server.url,
        model: 'model',
        prices: { prompt: 2, completion: 30 },
      })
      const account = openAccount()
      yield* Effect.provideService(chat({ ...question('when?'), sampling }), Ledger, account)
      const { seconds, cost, ...counts } = account.total()!
      assert.deepStrictEqual(counts, {
        requests: 2,
        retries: 0,
        promptTokens: 200,
        completionTokens: 20,
        cachedTokens: 0,
      })
      assert.isAbove(seconds, 0)
      assert.closeTo(cost!, (200 * 2 + 20 * 30) / 1e6, 1e-12)
    }),
  )

  const refuses = (
    name: string,
    input: (url: string) => OpenaiInput,
    says: ReadonlyArray<string>,
    status = 200,
  ) =>
    it.live(`refuses ${name} before any work`, () =>
      Effect.gen(function* () {
        const server = yield* faultServer({
          models: () => ({ status, body: { data: [{ id: 'model' }], error: { message: 'wrong' } } }),
        })
        const error = yield* Effect.flip(client(input(server.url)))
        assert.strictEqual(error._tag, 'InputError')
        assert.notInclude(error.message, '\n')
        for (const part of says) assert.include(error.message, part)
        assert.strictEqual(server.requests(), 0)
      }),
    )
  refuses('a model that is not served', (baseUrl) => ({ baseUrl, model: 'other' }), [
    '--model other',
    'it serves model',
  ])
  refuses('a wrong key', (baseUrl) => ({ baseUrl, model: 'model' }), ['401 (wrong)', '--key-env'], 401)
  refuses('a key that is not set', (baseUrl) => ({ baseUrl, model: 'model', keyEnv: 'NO_SUCH' }), ['NO_SUCH'])
  refuses('servers that are not there', () => ({ baseUrl: 'http://127.0.0.1:9/v1', model: 'model' }), [
    'no server answers',
    'ECONNREFUSED',
  ])
  refuses(
    'media that the servers do not take',
    (baseUrl) => ({ baseUrl, model: 'model', preset: 'gemini', media: 'video' }),
    ['--media video', 'use frames'],
  )

  it('takes no time that a timer cannot wait', () => {
    const refused = (change: object) =>
      openaiSettingsSchema.safeParse({ baseUrl: 'http://host/v1', model: 'm', ...change }).error?.issues[0]
        ?.path
    const long = 2 ** 31
    assert.deepStrictEqual(refused({ timeout: long }), ['timeout'])
    assert.deepStrictEqual(refused({ giveUp: long }), ['giveUp'])
    assert.deepStrictEqual(refused({ backoff: { most: long } }), ['backoff', 'most'])
    assert.isUndefined(refused({ timeout: long - 1 }))
  })

  it('takes no secrets in URLs', () => {
    for (const baseUrl of ['http://user:pass@host/v1', 'http://host/v1?key=1', 'ftp://host', 'host', []])
      assert.isFalse(openaiSettingsSchema.safeParse({ baseUrl, model: 'm' }).success, String(baseUrl))
    assert.deepStrictEqual(openaiSettingsSchema.parse({ baseUrl: 'https://host/v1/', model: 'm' }).baseUrl, [
      'https://host/v1',
    ])
  })
})
