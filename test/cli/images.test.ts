import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Logger } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frameSeeker } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import { withOptions } from '../../trainer/seek/index.ts'
import { encodePicture } from '../../video/index.ts'
import { type Asked, startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { workplace, writeRows } from './workplace.ts'

const sides = { width: 150, height: 90 }
let root = ''
beforeAll(async () => {
  root = await workplace('images')
  mkdirSync(join(root, 'data'))
  const rgb = new Uint8Array(sides.width * sides.height * 3).fill(120)
  writeFileSync(join(root, 'videos', 'a.png'), encodePicture({ ...sides, rgb }, { format: 'png' }))
  writeFileSync(join(root, 'videos', 'b.jpg'), encodePicture({ ...sides, rgb }, { format: 'jpeg' }))
  writeFileSync(join(root, 'videos', 'cut.png'), readFileSync(join(root, 'videos', 'a.png')).subarray(0, 60))
  const choice = { query: 'which colour is it?', options: ['grey', 'red'], answer: 'A' }
  writeRows(join(root, 'data', 'test.jsonl'), [
    { ...choice, video: 'a.png', id: 'png' },
    { query: 'how many squares are there?', answer: 3, video: 'b.jpg', id: 'jpg' },
    { ...choice, video: 'cut.png', id: 'cut' },
    { ...choice, video: 'good.mp4', id: 'mp4' },
  ])
})
afterAll(() => rmSync(root, { recursive: true }))

interface Part {
  readonly type: string
  readonly text?: string
  readonly image_url?: { readonly url: string }
}
const partsOf = ({ body }: Asked): ReadonlyArray<Part> =>
  (body.messages as ReadonlyArray<{ readonly content: ReadonlyArray<Part> }>)[0]!.content

describe('an image behind a server', () => {
  it.each(['frames', 'video', 'file'])('is one image part without a time, with --media %s', async (media) => {
    const asked: Array<Asked> = []
    await using server = await startFaultServer({
      models: () => ({ status: 200, body: { data: [{ id: 'Qwen/Qwen3-VL-8B-Instruct' }] } }),
      reply: (one) => {
        asked.push(one)
        return {
          message: {
            role: 'assistant',
            content: `<answer>${/how many/.test(one.question) ? 3 : 'A'}</answer>`,
          },
        }
      },
    })
    const { code, out, err } = await spanwiseHere(
      root,
      ...[
        'eval',
        'by-task',
        '--annotations',
        'data',
        '--videos',
        'videos',
        '--out',
        `out-${media}`,
        '--json',
      ],
      ...[
        '--backend',
        'openai',
        '--preset',
        'vllm',
        '--base-url',
        server.url,
        '--media',
        media,
        '--cache',
        'off',
      ],
      ...['--model', 'Qwen/Qwen3-VL-8B-Instruct'],
    )
    expect(code, err).toBe(3)
    expect(err).toContain('a.png: an image of 352x224, 77 vision tokens a request')
    const scores = JSON.parse(out)
    expect(scores).toMatchObject({ n: 4, missing: 1, choice: expect.closeTo(200 / 3), Exact: 100 })
    const images = asked.filter(({ question }) => question.includes('Look at the'))
    expect(images).toHaveLength(2)
    for (const one of images) {
      const [picture, text, ...rest] = partsOf(one)
      expect(rest).toEqual([])
      expect(picture!.image_url!.url).toMatch(/^data:image\/jpeg;base64,/)
      expect(text!.text).toMatch(/^Look at the (whole )?image and answer .* not of this image:/s)
      expect(one.body).not.toHaveProperty('media_io_kwargs')
    }
    const [film] = asked.filter(({ question }) => question.includes('Watch the video'))
    expect(partsOf(film!).some(({ type }) => type === (media === 'frames' ? 'image_url' : 'video_url'))).toBe(
      true,
    )
  })
})

describe('an image where a time line is needed', () => {
  it.each([
    ['grounding', { query: 'it is grey' }],
    ['grounding', { query: 'it is grey', windows: [[0, 1]] }],
    ['grounded-qa', { query: 'which?', options: ['x', 'y'], answer: 'A', windows: [[0, 1]] }],
  ])('is a problem of its row: %s', async (task, rest) => {
    const folder = join(root, 'windows')
    mkdirSync(folder, { recursive: true })
    writeRows(join(folder, 'train.jsonl'), [{ video: 'a.png', ...rest }])
    const { out } = await spanwiseHere(
      root,
      ...['datasets', 'inspect', 'jsonl', '--annotations', folder, '--split', 'train'],
    )
    expect(out).toContain(
      `train.jsonl:1: mismatch: file: "a.png" is an image, which has no time line for task ${task}`,
    )
  })

  it('is left out by the agents of frames and repetitions', async () => {
    const sample: Sample = {
      ...{ id: '1', dataset: 'd', split: 's', video: 'a', duration: null, windows: null },
      ...{ task: 'choice', file: 'a.png', query: 'which?', options: ['x', 'y'], answer: 'A' },
    }
    expect(frameSeeker.unfit(sample)).toBe('an image has no other frames to ask for')
    expect(frameSeeker.unfit({ ...sample, file: 'a.mp4' })).toBeNull()
    const item = { key: 'd/s/1', difficulty: 0.5, band: 'medium', weight: 1 } as const
    const chosen = withOptions([
      { ...item, sample },
      { ...item, key: 'v', sample: { ...sample, file: 'a.mp4' } },
    ])
    const warnings: Array<string> = []
    const logger = Logger.make(({ message }) => void warnings.push(String(message)))
    const kept = await Effect.runPromise(chosen.pipe(Effect.provide(Logger.layer([logger]))))
    expect(kept.map(({ key }) => key)).toEqual(['v'])
    expect(warnings).toEqual(['1 of 2 samples do not have a video, options and an answer and are left out'])
    const cot = await spanwiseHere(
      root,
      ...['cot', '--dataset', 'jsonl', '--split', 'test', '--annotations', 'data', '--videos', 'videos'],
      ...['--run', 'cot', '--json'],
    )
    expect(cot).toMatchObject({ code: 0 })
    expect(cot.out).toContain('"image":1')
  })

  it('is not asked for a time by score, nor examined by doctor', async () => {
    const score = ['score', '--video', 'videos/a.png', '--completion', 'x'] as const
    const { code, err } = await spanwiseHere(root, ...score, '--query', 'it is grey')
    expect(code).toBe(2)
    const refused = 'spanwise: --video videos/a.png: is an image, which has no time line'
    expect(err.trim()).toBe(`${refused} for --query; use --prompt`)
    const times = await spanwiseHere(root, 'doctor', 'timestamps', '--video', 'videos/a.png')
    expect(times.err.trim()).toBe(`${refused}; use a video file`)
    const { out } = await spanwiseHere(root, ...score, '--prompt', 'which colour?', '--json')
    expect(JSON.parse(out)).toMatchObject({ frames: 1, times: [0], width: 64, height: 32 })
  })
})
