import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plain, timed } from '../media/catalogue.ts'
import { makeMedia } from '../media/make.ts'
import { folderOf, spanwiseHere } from './command-line.ts'
import { model } from './workplace.ts'

let root = ''
const doctor = (video: string, ...args: ReadonlyArray<string>) =>
  spanwiseHere(root, 'doctor', 'timestamps', '--video', video, ...args)
const server = (name: string, ...args: ReadonlyArray<string>) => [
  ...['--backend', 'openai', '--preset', 'vllm', '--model', name, '--json', ...args],
]

beforeAll(() => {
  root = folderOf({})
  makeMedia(join(root, 'constant.mp4'), plain['plain mp4']!)
  makeMedia(join(root, 'varying.mp4'), timed['varying rate mp4']!)
  writeFileSync(join(root, 'text.mp4'), 'no video')
})
afterAll(() => rmSync(root, { recursive: true }))

describe('spanwise doctor timestamps', () => {
  it('shows what the embedded model is told of each frame', async () => {
    const { code, out } = await doctor('constant.mp4', '--model', model)
    expect(out).toMatch(/^ +frame +true \(s\) +marker +derived +error\n +0 +0\.000 +<0\.2 seconds> +0\.000/)
    expect(out).toContain('0 off by more than half a frame')
    expect(code).toBe(0)
  })

  it('finds our markers right where the rate varies, for text and for positions', async () => {
    for (const name of ['Qwen3-VL-8B-Instruct', 'Qwen2.5-VL-7B-Instruct']) {
      const { code, out } = await doctor('varying.mp4', ...server(name, '--media', 'video'))
      const result = JSON.parse(out)
      expect([code, result.transport, result.wrong]).toEqual([0, 'video', 0])
      expect(result.frames.map(({ time }: { time: number }) => time)).toEqual(
        [0, 0.4, 1, 1.4, 2, 2.5].map((time) => expect.closeTo(time, 6)),
      )
    }
  })

  it('ends with 3 where a server counts the frames of a file itself and their rate varies', async () => {
    const asked = server('Qwen3-VL-8B-Instruct', '--media', 'file')
    const varying = await doctor('varying.mp4', ...asked)
    expect(varying.code).toBe(3)
    // Frame 17 of 30 in 2.62 s: the server takes it for 17 / (30 / 2.62) s.
    const frame = JSON.parse(varying.out).frames.find(({ index }: { index: number }) => index === 17)
    expect(frame).toMatchObject({ wrong: true, time: expect.closeTo(1.8, 6) })
    expect(frame.derived).toBeCloseTo((17 * 2.62) / 30, 1)
    expect(varying.err).toMatch(
      /^spanwise: varying\.mp4: the model assigns a wrong time to \d of 6 frames; [^\n]+\n$/,
    )
    expect((await doctor('constant.mp4', ...asked)).code).toBe(0)
  })

  it('says in one line what is wrong with a file', async () => {
    for (const video of ['text.mp4', 'absent.mp4']) {
      const { code, out, err } = await doctor(video)
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(new RegExp(`^spanwise: ${video}: [^\\n]+\\n$`))
    }
  })
})

describe('spanwise doctor train', () => {
  it.each([['--plan'], ['--beta', '0.1'], ['--executor', 'slurm'], ['--set', 'prompts=4']])(
    'refuses %j %j, which would have no effect',
    async (...words) => {
      const { code, err } = await spanwiseHere(root, 'doctor', 'train', '--gpus', '0', ...words)
      expect(err).toMatch(/^spanwise: [^\n]+\n$/)
      expect(err).toContain(words[0]!)
      expect(code).toBe(2)
    },
  )

  it.each([
    [
      'that does not exist',
      null,
      /cannot be started \(ENOENT\); install Python 3\.11 or newer, or choose another/,
    ],
    [
      'that is too old',
      '{"version": [3, 9], "absent": ["torch"]}',
      /is Python 3\.9, and TRL needs 3\.11 or newer/,
    ],
    [
      'without the packages',
      '{"version": [3, 12], "absent": ["torch", "trl"]}',
      /lacks the packages torch, trl; install them with "\S+ -m pip install \S+engines\/trl", or choose another/,
    ],
  ])('refuses a Python %s in one line, before any work', async (name, said, message) => {
    const python = join(root, name.replaceAll(' ', '-'))
    if (said !== null) writeFileSync(python, `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 })
    const { code, out, err } = await spanwiseHere(root, 'doctor', 'train', '--gpus', '0', '--python', python)
    expect(err).toMatch(/^spanwise: --python [^\n]+\n$/)
    expect(err).toMatch(message)
    expect([code, out]).toEqual([2, ''])
  })
})
