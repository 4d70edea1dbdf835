import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Videos } from '../../video/index.ts'
import { type Asked, startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'

let root = ''
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'spanwise-real-'))
  mkdirSync(join(root, 'data'))
  const size = 640 * 360 * 3
  await Effect.runPromise(
    Effect.gen(function* () {
      const videos = yield* Videos
      yield* videos.encode(join(root, 'data', 'clip.mp4'), {
        ...{ width: 640, height: 360, fps: 4 },
        frames: Array.from({ length: 24 }, (_, i) => new Uint8Array(size).fill(10 * i)),
      })
    }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
  )
  const row = { video: 'clip.mp4', query: 'the screen is bright', windows: [[1, 2]], duration: 6 }
  writeFileSync(join(root, 'data', 'train.jsonl'), `${JSON.stringify(row)}\n`)
})
afterAll(() => rmSync(root, { recursive: true }))

interface Part {
  readonly type: string
  readonly image_url?: { readonly url: string }
  readonly video_url?: { readonly url: string }
}

/** Width and height of a JPEG, from its start-of-frame marker. */
const jpegSize = (base64: string): readonly [number, number] => {
  const bytes = Buffer.from(base64, 'base64')
  let at = 2
  while ((bytes[at + 1]! & 0xf0) !== 0xc0 || bytes[at + 1] === 0xc4) at += 2 + bytes.readUInt16BE(at + 2)
  return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)]
}

/** The pictures of a request, sent one by one or as one video. */
const picturesOf = ({ body }: Asked): ReadonlyArray<readonly [number, number]> =>
  (body.messages as ReadonlyArray<{ readonly content: ReadonlyArray<Part> }>)
    .flatMap(({ content }) => content)
    .flatMap(
      ({ image_url: image, video_url: video }) =>
        (video?.url ?? image?.url)?.replace(/^data:\w+\/jpeg;base64,/, '').split(',') ?? [],
    )
    .map(jpegSize)

const watch = async (agent: 'bra' | 'dea', model: string, reply: string, ...more: ReadonlyArray<string>) => {
  const asked: Array<Asked> = []
  await using server = await startFaultServer({
    models: () => ({ status: 200, body: { data: [{ id: model }] } }),
    reply: (one) => {
      asked.push(one)
      return { message: { role: 'assistant', content: reply } }
    },
  })
  const run = mkdtempSync(join(root, 'run-'))
  const outcome = await spanwiseHere(
    root,
    ...[agent, '--dataset', 'jsonl', '--annotations', join(root, 'data'), '--run', run],
    ...['--backend', 'openai', '--preset', 'vllm', '--base-url', server.url, '--model', model],
    ...more,
  )
  expect(outcome, outcome.err).toMatchObject({ code: 0 })
  const table = agent === 'bra' ? 'boundary_reflection' : 'difficulty_estimation'
  const query = await spanwiseHere(root, 'query', `SELECT * FROM ${table}`, '--run', run, '--json')
  return { asked, err: outcome.err, verdict: query.out }
}

const answer = '<answer>1.0 to 2.0</answer>'

describe('a real model behind a server, without another flag', () => {
  it.each(['bra', 'dea'] as const)('sees whole frames and full instructions: %s', async (agent) => {
    const { asked, err } = await watch(agent, 'Qwen/Qwen3-VL-8B-Instruct', answer)
    const sizes = picturesOf(asked[0]!)
    // 6 s at 2 fps; 640 x 360 in multiples of 32, never enlarged.
    expect(sizes).toHaveLength(12)
    expect(new Set(sizes.map(String))).toEqual(new Set(['640,352']))
    expect(asked[0]!.body).toMatchObject({ max_tokens: 256, mm_processor_kwargs: { do_resize: false } })
    expect(asked[0]!.question).toMatch(/seconds/)
    expect(asked[0]!.question.length).toBeGreaterThan(300)
    expect(err).toMatch(
      /Qwen3-VL-8B-Instruct \(qwen3-vl\) sees up to 448 frames at 2 fps; clip\.mp4: 12 frames of 640x352/,
    )
  })

  it('that always thinks has the tokens to, and its thoughts are not its answer', async () => {
    const thoughts = 'I first thought of <answer>4.0 to 5.0</answer>, but no.</think>\n\n'
    const { asked, verdict } = await watch('dea', 'Qwen/Qwen3-VL-8B-Thinking', `${thoughts}${answer}`)
    expect(Number(asked[0]!.body.max_tokens)).toBeGreaterThanOrEqual(2048)
    expect(verdict).toMatch(/"difficulty":0[,}]/)
  })

  it('shows and asks what the flags say', async () => {
    const { asked } = await watch(
      ...(['dea', 'Qwen/Qwen3-VL-8B-Instruct', answer] as const),
      ...['--frames', '4', '--max-pixels', '70000', '--max-tokens', '99', '--think', 'on', '--guided'],
    )
    const sizes = picturesOf(asked[0]!)
    expect(sizes).toHaveLength(4)
    for (const [width, height] of sizes) expect(width * height).toBeLessThanOrEqual(70_000)
    expect(asked[0]!.body).toMatchObject({ max_tokens: 99 })
    expect(asked[0]!.body.structured_outputs).toBeDefined()
    expect(asked[0]!.question).toMatch(/step by step/)
  })

  it('is switched by its template where it can be', async () => {
    const plain = await watch('dea', 'Qwen/Qwen3.5-9B', answer)
    expect(plain.asked[0]!.body.chat_template_kwargs).toEqual({ enable_thinking: false })
    const thinking = await watch('dea', 'Qwen/Qwen3.5-9B', answer, '--think', 'on')
    expect(thinking.asked[0]!.body.chat_template_kwargs).toEqual({ enable_thinking: true })
    expect(Number(thinking.asked[0]!.body.max_tokens)).toBeGreaterThanOrEqual(2048)
  })
})
