/**
 * Prefill tokens that curating a sample costs a server, counted by two servers that record what they are sent and keep
 * prefixes as vLLM's prefix cache does. Both agents run over clips of 640 x 360 through the command line of a checkout.
 *
 *     node bench/curation/prefill.ts [CHECKOUT] [-- FLAGS OF THE AGENTS]
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Effect } from 'effect'
import { Videos } from '../../video/index.ts'

const samples = 12
const seconds = 10
const cut = process.argv.indexOf('--')
const [checkout = join(import.meta.dirname, '..', '..')] = process.argv.slice(2, cut < 0 ? undefined : cut)
const extra = cut < 0 ? [] : process.argv.slice(cut + 1)

interface Part {
  readonly type: string
  readonly text?: string
  readonly image_url?: { readonly url: string }
  readonly video_url?: { readonly url: string }
}

/** Pixels of a JPEG, from its start-of-frame marker. */
const pixelsOf = (base64: string): number => {
  const bytes = Buffer.from(base64, 'base64')
  let at = 2
  while ((bytes[at + 1]! & 0xf0) !== 0xc0 || bytes[at + 1] === 0xc4) at += 2 + bytes.readUInt16BE(at + 2)
  return bytes.readUInt16BE(at + 5) * bytes.readUInt16BE(at + 7)
}

/** Tokens of a part for Qwen3-VL: 32 x 32 pixels each, two frames of a video together, four letters of text. */
const tokensOf = (part: Part): number => {
  const pictures = (part.video_url ?? part.image_url)?.url.replace(/^data:\w+\/jpeg;base64,/, '').split(',')
  if (pictures === undefined) return Math.ceil((part.text ?? '').length / 4)
  const tokens = pictures.reduce((sum, picture) => sum + pixelsOf(picture) / 1024, 0)
  return part.video_url === undefined ? tokens : tokens / 2
}

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const tally = { requests: 0, tokens: 0, prefilled: 0, bytes: 0 }

const place = (token: string, ...others: ReadonlyArray<readonly [string, number]>) => ({
  ...{ token, logprob: -0.1, bytes: null },
  top_logprobs: [[token, -0.1] as const, ...others].map(([other, logprob]) => ({ token: other, logprob })),
})

const listen = () => {
  const cache = new Set<string>()
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url?.endsWith('/models')) {
      response.end(JSON.stringify({ data: [{ id: 'Qwen/Qwen3-VL-8B-Instruct' }] }))
      return
    }
    const text = await read(request)
    const body = JSON.parse(text) as {
      readonly n?: number
      readonly messages: ReadonlyArray<{ readonly content: ReadonlyArray<Part> }>
    }
    tally.requests++
    tally.bytes += text.length
    const hash = createHash('sha256')
    let known = true
    const question: Array<string> = []
    for (const part of body.messages.flatMap(({ content }) => content)) {
      const tokens = tokensOf(part)
      hash.update(JSON.stringify(part))
      const key = hash.copy().digest('hex')
      known &&= cache.has(key)
      cache.add(key)
      tally.tokens += tokens
      if (!known) tally.prefilled += tokens
      question.push(part.text ?? '')
    }
    const check = /yes or no/i.test(question.join(' '))
    // One proposal of every second sample: 1.5 requests of verification for three samples, as in real runs.
    const content = check ? 'Yes' : '<answer>7.0 to 8.0</answer>'
    const tokens = check
      ? [place('Yes', ['No', -2.3])]
      : [place('<answer>', ['none', -9]), place('7', ['none', -1.5]), place('.0 to 8.0</answer>')]
    response.end(
      JSON.stringify({
        choices: Array.from({ length: body.n ?? 1 }, (_, index) => ({
          ...{ index, finish_reason: 'stop', message: { role: 'assistant', content } },
          logprobs: { content: tokens },
        })),
        usage: { prompt_tokens: 1, completion_tokens: 1 },
      }),
    )
  })
  return new Promise<string>((done) =>
    server.listen(0, '127.0.0.1', () => {
      server.unref()
      done(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
    }),
  )
}

const root = mkdtempSync(join(tmpdir(), 'spanwise-prefill-'))
mkdirSync(join(root, 'data'))
await Effect.runPromise(
  Effect.gen(function* () {
    const videos = yield* Videos
    for (let i = 0; i < samples; i++)
      yield* videos.encode(join(root, 'data', `v${i}.mp4`), {
        ...{ width: 640, height: 360, fps: 4 },
        frames: Array.from({ length: 4 * seconds }, (_, frame) =>
          new Uint8Array(640 * 360 * 3).fill((i * 17 + frame * 5) % 256),
        ),
      })
  }).pipe(Effect.provide(Videos.layer({ workers: 2 }))),
)
writeFileSync(
  join(root, 'data', 'train.jsonl'),
  Array.from({ length: samples }, (_, i) =>
    JSON.stringify({ video: `v${i}.mp4`, query: `event ${i}`, windows: [[1, 2]], duration: seconds }),
  ).join('\n'),
)
const urls = await Promise.all([listen(), listen()])
for (const agent of ['bra', 'dea']) {
  const child = spawn(
    process.execPath,
    [
      join(resolve(checkout), 'bin', 'spanwise.js'),
      ...[agent, '--dataset', 'jsonl', '--annotations', join(root, 'data'), '--run', join(root, 'run')],
      ...['--backend', 'openai', '--preset', 'vllm', '--base-url', urls.join(',')],
      ...['--model', 'Qwen/Qwen3-VL-8B-Instruct', ...extra],
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const code = await new Promise((done) => child.on('close', done))
  if (code !== 0) throw new Error(`${agent} ended with code ${code}`)
}
rmSync(root, { recursive: true })
const each = (value: number) => Math.round(value / samples)
console.log(
  JSON.stringify({
    samples,
    requests: tally.requests / samples,
    tokens: each(tally.tokens),
    prefilled: each(tally.prefilled),
    kilobytes: each(tally.bytes / 1000),
  }),
)
