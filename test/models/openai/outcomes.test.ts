import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { Ledger, openAccount } from '../../../models/index.ts'
import type { Asked } from '../../support/fault-server.ts'
import { client, faultServer, question } from './client.ts'

const own = <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.provideService(work, Ledger, openAccount())
const sampled = (text: string, n: number) => ({
  ...question(text),
  sampling: { ...question(text).sampling, greedy: false, temperature: 1, n },
})

describe('how a reply ended', () => {
  for (const reason of ['length', 'MAX_TOKENS', 'max_tokens'])
    it.live(`is at its length: ${reason}`, () =>
      Effect.gen(function* () {
        const reply = () => ({ finish_reason: reason })
        const server = yield* faultServer({ reply })
        const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
        assert.strictEqual((yield* own(chat(question('when?'))))[0]?.finish, 'length')
      }),
    )
  for (const reason of ['content_filter', 'SAFETY', 'RECITATION'])
    it.live(`is for what it says: ${reason}`, () =>
      Effect.gen(function* () {
        const reply = () => ({ finish_reason: reason, message: { content: null } })
        const server = yield* faultServer({ reply })
        const { chat } = yield* client({ baseUrl: server.url, model: 'model' })
        assert.strictEqual((yield* Effect.flip(own(chat(question('when?'))))).kind, 'filtered')
      }),
    )
})

describe('an option that is not listed', () => {
  const place = (others: string) =>
    `{"choices":[{"message":{"content":"Yes"},"logprobs":{"content":[{"token":"Yes","logprob":-0.1,"top_logprobs":[${others}]}]}}]}`
  for (const [name, others] of [
    ['one is listed', '{"token":"Yes","logprob":-0.1}'],
    ['it has no chance', '{"token":"Yes","logprob":-0.1},{"token":"No","logprob":-Infinity}'],
  ] as const)
    it.live(`is at most as likely as all that is left, where ${name}`, () =>
      Effect.gen(function* () {
        const server = yield* faultServer({ script: () => ({ kind: 'text', text: place(others) }) })
        const { choose } = yield* client({ baseUrl: server.url, model: 'model' })
        const [yes, no] = (yield* own(choose(question('is it?').messages, ['Yes', 'No'])))!
        assert.isAtMost(Math.exp(yes!) + Math.exp(no!), 1 + 1e-9)
      }),
    )
})

describe('a model that samples by its own settings', () => {
  for (const [model, bare] of [
    ['gpt-5-mini', true],
    ['openai/o3', true],
    ['gpt-4o', false],
  ] as const)
    it.live(`${bare ? 'is' : 'is not'} ${model}`, () =>
      Effect.gen(function* () {
        const asked: Array<Asked> = []
        const server = yield* faultServer({
          script: (one) => {
            asked.push(one)
            const refused = 'temperature' in one.body || 'top_p' in one.body || 'logprobs' in one.body
            return bare && refused
              ? { kind: 'status', status: 400, message: "Unsupported value: 'temperature'" }
              : { kind: 'answer' }
          },
        })
        const { chat, choose } = yield* client({ baseUrl: server.url, model, preset: 'openai' })
        yield* own(chat(question('when?')))
        yield* own(chat(sampled('when?', 3)))
        const chances = yield* own(choose(question('is it?').messages, ['Yes', 'No']))
        assert.strictEqual(asked.length, bare ? 2 : 3)
        assert.strictEqual(asked[0]!.body.temperature, bare ? undefined : 0)
        assert.isNull(chances)
      }),
    )
})
