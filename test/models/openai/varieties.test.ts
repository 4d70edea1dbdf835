import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createProxy, request as forward } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { isOwnFault, Ledger, type ModelError, type OpenaiInput, openAccount } from '../../../models/index.ts'
import { keyVariable } from '../../../models/openai/keys.ts'
import { ownRefusal } from '../../../models/openai/refusal.ts'
import type { Asked, Fault } from '../../support/fault-server.ts'
import { client, faultServer, question } from './client.ts'

const answer = '<answer>1.0 to 2.0</answer>'
const own = <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.provideService(work, Ledger, openAccount())
const sampled = (text: string, n: number) => ({
  ...question(text),
  sampling: { ...question(text).sampling, greedy: false, temperature: 1, n },
})

/** An answer of status 200 in a server's own words. */
const bodies: ReadonlyArray<readonly [string, unknown, string]> = [
  [
    'content as a list of parts',
    {
      choices: [
        {
          message: {
            content: [
              { type: 'text', text: '<answer>1.0 ' },
              { type: 'text', text: 'to 2.0</answer>' },
            ],
          },
        },
      ],
    },
    answer,
  ],
  [
    'thoughts as parts of the content',
    {
      choices: [
        {
          message: {
            content: [
              { type: 'thinking', text: 'hm' },
              { type: 'text', text: answer },
            ],
          },
        },
      ],
    },
    answer,
  ],
  [
    'null for whatever is optional',
    {
      choices: [
        {
          ...{ index: null, finish_reason: null },
          message: { content: answer, reasoning_content: null },
          logprobs: {
            content: [{ token: 'a', logprob: null, top_logprobs: [{ token: null, logprob: null }] }],
          },
        },
      ],
      usage: { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null },
    },
    answer,
  ],
]
/** An answer whose parts beside its text have forms of their own. */
const odd = (message: object, choice: object, more: object = {}) => ({
  choices: [{ message: { content: answer, ...message }, ...choice }],
  ...more,
})
const oddities: ReadonlyArray<readonly [string, unknown]> = [
  ['thoughts as a list', odd({ reasoning_content: ['hm'] }, {})],
  ['thoughts as an object', odd({ reasoning: { text: 'hm' } }, {})],
  ['log-probabilities as a list', odd({}, { logprobs: [{ token: 'a', logprob: -1 }] })],
  ['log-probabilities of old completions', odd({}, { logprobs: { tokens: ['a'], token_logprobs: [-1] } })],
  ['an index as text', odd({}, { index: '0' })],
  ['counts as text', odd({}, {}, { usage: { prompt_tokens: '7' } })],
  ['usage as a list', odd({}, {}, { usage: [] })],
]
const texts: ReadonlyArray<readonly [string, string]> = [
  ...bodies.map(([name, body]) => [name, JSON.stringify(body)] as const),
  ...oddities.map(([name, body]) => [name, JSON.stringify(body)] as const),
  ['a byte order mark', `\uFEFF${JSON.stringify(odd({}, {}))}`],
  [
    'an infinite log-probability',
    `{"choices":[{"message":{"content":${JSON.stringify(answer)}},"logprobs":{"content":[{"token":"-Infinity","logprob":-Infinity}]}}]}`,
  ],
  [
    'a stream for a plain request',
    [
      ': ping',
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', content: '<answer>1.0 ' } }] })}`,
      '',
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'to 2.0</answer>' }, finish_reason: 'stop' }] })}`,
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7 } })}`,
      'data: [DONE]',
      '',
    ].join('\n'),
  ],
]

const passing: ReadonlyArray<readonly [string, unknown]> = [
  ['finish_reason abort', { choices: [{ message: { content: '<answer>1.0' }, finish_reason: 'abort' }] }],
  ['finish_reason error', { choices: [{ message: { content: null }, finish_reason: 'error' }] }],
  ['an error inside a 200', { error: { message: 'upstream connection lost', code: 502 } }],
  ['an error inside a 200 without a code', { error: 'internal' }],
  [
    'a stream that was cut',
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '<answer>1.0 to' } }] })}\n\n`,
  ],
  [
    'an error in a stream with event names',
    'event: error\ndata: {"error":{"message":"boom","code":500}}\n\n',
  ],
  ['an error without a wrapper in a stream', 'data: {"object":"error","message":"boom","code":500}\n\n'],
]

const refusals = [
  "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens in the messages",
  'The decoder prompt (length 45231) is longer than the maximum model length of 32768.',
  "The input (41033 tokens) is longer than the model's context length (32768 tokens).",
  'Input length (50000 tokens) exceeds the maximum allowed length (32768 tokens).',
  'the request exceeds the available context size. try increasing the context size or enable context shift',
  'input length exceeds the context length',
  'The input token count (1203344) exceeds the maximum number of tokens allowed (1048576).',
  'At most 8 image(s) may be provided in one request.',
  'You set image=1 (or defaulted to 1) in `--limit-mm-per-prompt`, but passed 64 image items in the same prompt.',
  'Too many images in request. Max is 50.',
]

describe('the openai backend, against servers of every kind', () => {
  for (const [name, text] of texts)
    it.live(`reads ${name}`, () =>
      Effect.gen(function* () {
        const server = yield* faultServer({ script: () => ({ kind: 'text', text }) })
        const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
        const [reply] = yield* own(chat(question('when?')))
        assert.strictEqual(reply?.text, answer)
        assert.strictEqual(server.requests(), 1)
      }),
    )

  for (const [name, body] of passing)
    it.live(`asks again after ${name}`, () =>
      Effect.gen(function* () {
        const text = typeof body === 'string' ? body : JSON.stringify(body)
        const script = ({ number }: Asked): Fault =>
          number === 0 ? { kind: 'text', text } : { kind: 'answer' }
        const server = yield* faultServer({ script })
        const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
        const [reply] = yield* own(chat(question('when?')))
        assert.strictEqual(reply?.text, answer)
        assert.strictEqual(server.requests(), 2)
      }),
    )

  it.live('asks a server that ignores n for the rest one by one, each by a seed of its own', () =>
    Effect.gen(function* () {
      const asked: Array<Asked> = []
      const server = yield* faultServer({
        script: (one) => {
          asked.push(one)
          const content = `<answer>${one.body.seed}.0 to 9.0</answer>`
          return { kind: 'text', text: JSON.stringify({ choices: [{ message: { content } }] }) }
        },
      })
      const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
      const replies = yield* own(chat(sampled('when?', 7)))
      assert.strictEqual(replies.length, 7)
      assert.strictEqual(new Set(replies.map(({ text }) => text)).size, 7)
      assert.strictEqual(server.requests(), 7)
      yield* own(chat(sampled('and then?', 3)))
      // It is not asked for several again.
      assert.isTrue(asked.slice(7).every(({ body }) => body.n === undefined))
    }),
  )

  for (const message of refusals)
    for (const status of [400, 500])
      it.live(`fails only the sample, also the first: ${status} ${message.slice(0, 40)}`, () =>
        Effect.gen(function* () {
          const server = yield* faultServer({ script: () => ({ kind: 'status', status, message }) })
          const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
          const error: ModelError = yield* Effect.flip(own(chat(question('when?'))))
          assert.isTrue(isOwnFault(error), error.kind)
          assert.isNotTrue(error.fatal)
          assert.match(error.message, /--(frames|media)/)
          assert.strictEqual(server.requests(), 1)
        }),
      )

  const long = `This model's maximum context length is 32768 tokens`
  const stated = [
    ['an object of the kind error', { object: 'error', message: long, type: 'BadRequestError', code: 400 }],
    ['a list of errors', [{ error: { code: 400, message: long, status: 'INVALID_ARGUMENT' } }]],
    [
      "a proxy's error around the provider's",
      {
        error: { message: 'Provider returned error', code: 400, metadata: { raw: `{"message":"${long}"}` } },
      },
    ],
    ['a detail', { detail: long }],
    [
      'a long preamble',
      { error: { message: `${'litellm.BadRequestError: '.repeat(12)}${long}`, code: 400 } },
    ],
  ] as const
  for (const [form, body] of stated)
    for (const status of [200, 400])
      it.live(`understands a refusal as ${form}, status ${status}`, () =>
        Effect.gen(function* () {
          const text = JSON.stringify(body)
          const server = yield* faultServer({ script: () => ({ kind: 'text', text, status }) })
          const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
          const error: ModelError = yield* Effect.flip(own(chat(question('when?'))))
          assert.strictEqual(error.kind, 'too long', error.message)
          assert.strictEqual(server.requests(), 1)
        }),
      )

  it('tells a prompt that is too long from other refusals', () => {
    assert.strictEqual(ownRefusal(413, ''), 'too long')
    for (const said of [
      'Unknown parameter: top_k',
      'invalid image data',
      'Rate limit reached for tokens',
      '',
    ])
      assert.isNull(ownRefusal(400, said), said)
    assert.isNull(ownRefusal(429, 'exceeds the maximum number of tokens per minute'))
  })

  it.live('names where a redirect leads', () =>
    Effect.gen(function* () {
      const server = yield* faultServer({ script: () => ({ kind: 'status', status: 308 }) })
      const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
      const error = yield* Effect.flip(own(chat(question('when?'))))
      assert.isTrue(error.fatal)
      assert.match(error.message, /redirects to .* as --base-url/)
    }),
  )
})

describe('keys', () => {
  const openai = { variable: 'OPENAI_API_KEY', host: 'api.openai.com' }
  it('go to the host of the preset, and to others only where the user says so', () => {
    assert.strictEqual(keyVariable(undefined, openai, ['https://api.openai.com/v1']), 'OPENAI_API_KEY')
    assert.isNull(keyVariable(undefined, openai, ['http://gpu1:8000/v1']))
    assert.isNull(keyVariable(undefined, openai, ['http://api.openai.com/v1']))
    assert.isNull(keyVariable(undefined, openai, ['https://api.openai.com:8443/v1']))
    assert.isNull(keyVariable(undefined, openai, ['https://api.openai.com/v1', 'https://evil.example/v1']))
    assert.isNull(keyVariable(undefined, openai, ['https://api.openai.com.evil.example/v1']))
    assert.strictEqual(keyVariable('MINE', openai, ['http://gpu1:8000/v1']), 'MINE')
    assert.isNull(keyVariable(null, openai, ['https://api.openai.com/v1']))
  })
})

describe('the way to a server', () => {
  it.live('goes through the proxy of the environment, but not for NO_PROXY', () =>
    Effect.gen(function* () {
      const server = yield* faultServer()
      let proxied = 0
      const proxy = createProxy((request, response) => {
        proxied++
        // Plain HTTP comes in absolute form; only the proxy knows where the name leads.
        const { port, pathname } = new URL(request.url!)
        const { method, headers } = request
        request.pipe(
          forward({ host: '127.0.0.1', port, path: pathname, method, headers }, (answer) => {
            response.writeHead(answer.statusCode!, answer.headers)
            answer.pipe(response)
          }),
        )
      })
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))),
        () =>
          Effect.sync(() => {
            proxy.closeAllConnections()
            proxy.close()
          }),
      )
      const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const { port } = new URL(server.url)
      const through = (environment: Record<string, string>, baseUrl: string) =>
        Effect.acquireUseRelease(
          Effect.sync(() => Object.assign(process.env, environment)),
          () =>
            Effect.scoped(
              Effect.gen(function* () {
                const { chat } = yield* client({ baseUrl, model: 'model' } satisfies OpenaiInput)
                return yield* own(chat(question('when?')))
              }),
            ),
          () =>
            Effect.sync(() => {
              for (const name of Object.keys(environment)) delete process.env[name]
            }),
        )
      // A name that only the proxy can reach.
      yield* through({ HTTP_PROXY: address }, `http://vlm.test:${port}/v1`)
      assert.isAbove(proxied, 0)
      const before = proxied
      yield* through({ HTTP_PROXY: address, NO_PROXY: '127.0.0.1' }, server.url)
      assert.strictEqual(proxied, before)
    }),
  )

  it.live('says what to do about a certificate that is not trusted', () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'spanwise-tls-'))
      execFileSync(
        'openssl',
        [
          ...[
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:prime256v1',
            '-nodes',
            '-days',
            '2',
          ],
          ...['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'), '-subj', '/CN=localhost'],
        ],
        { stdio: 'ignore' },
      )
      const server = createServer({
        key: readFileSync(join(folder, 'key.pem')),
        cert: readFileSync(join(folder, 'cert.pem')),
      })
      rmSync(folder, { recursive: true })
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
        () => Effect.sync(() => server.close()),
      )
      const { port } = server.address() as AddressInfo
      const error = yield* Effect.flip(client({ baseUrl: `https://localhost:${port}/v1`, model: 'model' }))
      assert.match(error.message, /NODE_EXTRA_CA_CERTS/)
    }),
  )
})
