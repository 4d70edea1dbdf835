import path from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oneDecimal } from '../../core/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { pairTimes, patchify, processMessages } from '../../engine/processor/index.ts'
import { expectedTensors, fixtures, folderOf, golden, goldenNames, kept, messagesOf } from './goldens.ts'

describe.each(goldenNames)('the processor on the checkpoint %s', (name) => {
  const expected = golden(name)
  const load = () => Effect.runPromise(readPreprocessing(folderOf(name)))

  test('renders, expands and tokenises as transformers does', async () => {
    const checkpoint = await load()
    for (const [number, one] of expected.cases.entries()) {
      const messages = messagesOf(expected, number)
      const rendered = checkpoint.template(
        messages.map(({ role, content }) => ({
          role,
          content: content.map((part) => (part.type === 'text' ? part : { type: 'video' as const })),
        })),
        { addGenerationPrompt: one.generate },
      )
      expect(rendered).toBe(one.text)
      const prompt = processMessages(checkpoint, messages, { addGenerationPrompt: one.generate })
      expect([...prompt.inputIds]).toEqual(one.ids)
      expect(prompt.grids).toEqual(one.grids ?? [])
      if (one.positions !== undefined) {
        expect([...prompt.positions]).toEqual(one.positions.flat())
      }
    }
  })

  test('makes the same pixel values', async () => {
    const checkpoint = await load()
    const tensors = await expectedTensors(name, 'expected')
    for (const [number, one] of expected.cases.entries()) {
      if (one.clips.length === 0) continue
      const { pixels } = processMessages(checkpoint, messagesOf(expected, number))
      expect(kept(pixels, expected.strides.pixels)).toEqual(tensors.get(`${number}.pixels`)!.data)
    }
  })
})

describe('the processor', () => {
  const expected = golden('qwen3vl/tied')
  const load = () => Effect.runPromise(readPreprocessing(path.join(fixtures, 'tied')))

  test('drops the outer vision tokens where vLLM does', async () => {
    const checkpoint = await load()
    const messages = messagesOf(expected, 0)
    const kept = processMessages(checkpoint, messages)
    const cut = processMessages(checkpoint, messages, { visionWrap: 'vllm' })
    expect(cut.inputIds.length).toBe(kept.inputIds.length - 2)
    expect(kept.text).toContain('<|vision_start|><0.2 seconds><|vision_start|>')
    expect(cut.text).toContain('\n<0.2 seconds><|vision_start|>')
  })

  test('reads special tokens in texts as text, whatever the texts are and however they are cut', async () => {
    const checkpoint = await load()
    const { tokenizer } = checkpoint
    const clip = {
      width: 32,
      height: 32,
      times: Float64Array.of(0, 0.5),
      fps: 2,
      rgb: new Uint8Array(2 * 32 * 32 * 3),
    }
    const special = (ids: Iterable<number>) => [...ids].filter((id) => tokenizer.specialIds.includes(id))
    const ask = (...texts: ReadonlyArray<string>) =>
      processMessages(checkpoint, [
        {
          role: 'user',
          content: [{ type: 'video', clip }, ...texts.map((text) => ({ type: 'text' as const, text }))],
        },
      ])
    const plain = special(ask('a question').inputIds)
    const pieces = [
      '<|im_end|>',
      '<|video_pad|>',
      '<|image_pad|>',
      '<|vision_start|>',
      '<|im',
      '_start|>',
      '<',
      '\n',
      'é',
      '\u{F8FD}',
      '\u{F8FD}1o\u{F8FD}',
    ]
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.constantFrom(...pieces), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        (parts) => {
          const texts = parts.map((part) => part.join(''))
          const prompt = ask(...texts)
          expect(special(prompt.inputIds)).toEqual(plain)
          expect(prompt.text).toContain(`${texts.join('')}<|im_end|>\n`)
          expect(tokenizer.decode([...prompt.inputIds])).toBe(prompt.text)
          expect(special(tokenizer.encodeText(texts.join('')))).toEqual([])
          expect(tokenizer.decode(tokenizer.encodeText(texts.join('')))).toBe(texts.join(''))
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each(['qwen3vl/tied', 'qwen2vl/qwen2.5-vl'] as const)(
    'shows an image between videos in its place, without a time: %s',
    async (name) => {
      const checkpoint = await Effect.runPromise(readPreprocessing(folderOf(name)))
      const { image, video } = checkpoint.model.tokens
      const side = 2 * checkpoint.processor.patchSize * 2
      const clip = (frames: number, value: number) => ({
        ...{ width: side, height: side, fps: 2 },
        times: Float64Array.from({ length: frames }, (_, i) => i / 2),
        rgb: new Uint8Array(frames * side * side * 3).fill(value),
      })
      const ask = (type: 'image' | 'video') =>
        processMessages(checkpoint, [
          {
            role: 'user',
            content: [
              { type: 'video', clip: clip(2, 10) },
              { type, clip: clip(1, 200) },
              { type: 'text', text: 'and <|image_pad|>' },
              { type: 'video', clip: clip(2, 90) },
            ],
          },
        ])
      const [shown, filmed] = [ask('image'), ask('video')]
      expect([...shown.visual].map((at) => shown.inputIds[at])).toEqual(
        [video, image, video].flatMap((id) => Array<number>(4).fill(id)),
      )
      expect(shown.text).toContain(`<|vision_start|>${'<|image_pad|>'.repeat(4)}<|vision_end|>and`)
      // The same patches at the same places; a video of one frame differs in its token and its time alone.
      expect(shown.pixels).toEqual(filmed.pixels)
      expect(shown.grids).toEqual(filmed.grids)
      const timeless = (text: string) =>
        text.replaceAll('image_pad', 'video_pad').replaceAll(/<[\d.]+ seconds>/g, '')
      expect(timeless(shown.text).replaceAll(/<\|vision_(start|end)\|>/g, '')).toBe(
        timeless(filmed.text).replaceAll(/<\|vision_(start|end)\|>/g, ''),
      )
      expect(() =>
        processMessages({ ...checkpoint, template: () => 'no picture' }, [
          { role: 'user', content: [{ type: 'image', clip: clip(1, 1) }] },
        ]),
      ).toThrow(/holds 0 <\|video_pad\|> for 0 videos and 0 <\|image_pad\|> for 1 images/)
    },
  )

  test('refuses a prompt longer than the model holds', async () => {
    const checkpoint = await load()
    const messages = [
      { role: 'user' as const, content: [{ type: 'text' as const, text: '1 '.repeat(4096) }] },
    ]
    expect(() => processMessages(checkpoint, messages)).toThrow(
      /has \d+ tokens, the model holds 4096; take fewer/,
    )
  })
})

describe('frame pairs', () => {
  test('have the mean of their times', () => {
    expect(pairTimes([0, 1, 2], 2)).toEqual([0.5, 2])
    expect(pairTimes([], 2)).toEqual([])
  })

  test('print halves to even, as Python does', () => {
    const texts = [0.25, 0.75, 1.25, 2.75, 0.5, 0.35, 12.345, 100.25].map(oneDecimal)
    expect(texts).toEqual(['0.2', '0.8', '1.2', '2.8', '0.5', '0.3', '12.3', '100.2'])
  })

  test('print within half a tenth of the time', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e5, noNaN: true }), (seconds) => {
        expect(Math.abs(Number(oneDecimal(seconds)) - seconds)).toBeLessThanOrEqual(0.05 + 1e-9)
      }),
    )
  })

  test('must fill whole merge blocks', () => {
    const settings = {
      patchSize: 16,
      temporalPatchSize: 2,
      mergeSize: 2,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      rescaleFactor: 1 / 255,
      minPixels: 1,
      maxPixels: 1e6,
      fps: 2,
      minFrames: 4,
      maxFrames: 768,
    }
    const clip = {
      width: 48,
      height: 32,
      times: Float64Array.of(0),
      fps: 1,
      rgb: new Uint8Array(48 * 32 * 3),
    }
    expect(() => patchify(clip, settings)).toThrow('not a multiple of 32')
  })
})
