import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import * as fc from 'fast-check'
import {
  candidateCount,
  frameContent,
  goldReply,
  goldRequest,
  layoutOf,
  roundMessages,
  seekFollowUp,
  seekQuestion,
  startFrames,
  type Turn,
} from '../../agents/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { namedProfile } from '../../models/index.ts'
import { parseTurn } from '../../tasks/index.ts'
import { takeFrames } from '../../video/index.ts'
import { grayClip } from '../trainer/clip.ts'

const colour = { question: 'Which colour has the star?', options: ['red', 'blue'] }
const turn: Turn = { shown: [3, 9], history: [], total: 24, round: 1, rounds: 5, frames: 5 }

describe('the candidates', () => {
  it('are one frame for each whole second that has one', () => {
    expect(candidateCount({ duration: 12, fps: 8, frames: 96 })).toBe(12)
    expect(candidateCount({ duration: 12.5, fps: 8, frames: 100 })).toBe(13)
    expect(candidateCount({ duration: 0.4, fps: 25, frames: 10 })).toBe(1)
    // round(3 x 29.97) = 90 is one too many for a clip of 90 frames.
    expect(candidateCount({ duration: 90 / 29.97, fps: 29.97, frames: 90 })).toBe(3)
  })

  it('are drawn without repeats, in order, or evenly', () => {
    expect(startFrames('uniform', 24, 5, 0)).toEqual([0, 4, 9, 14, 19])
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        (total, frames, seed) => {
          const drawn = startFrames('random', total, frames, seed)
          expect(drawn).toHaveLength(Math.min(total, frames))
          expect(drawn).toEqual([...new Set(drawn)].toSorted((a, b) => a - b))
          expect(drawn.every((second) => second >= 0 && second < total)).toBe(true)
          const even = startFrames('uniform', total, frames, seed)
          expect([drawn, even]).toContainEqual(startFrames('all', total, frames, seed))
        },
      ),
    )
    const mixed = Array.from({ length: 40 }, (_, seed) => startFrames('all', 24, 5, seed).join())
    const evenly = mixed.filter((one) => one === '0,4,9,14,19').length
    expect(evenly).toBeGreaterThan(5)
    expect(evenly).toBeLessThan(35)
  })
})

describe('the prompt of a round', () => {
  it('says what is shown, what was, and how to ask for more, but not in the last round', () => {
    expect(seekQuestion(colour, turn)).toBe(
      'Which colour has the star?\nA. red\nB. blue\nFrames 3, 9 of 0 to 23. Round 1 of 5.\nAnswer with the letter as <answer>letter</answer>, or ask for other frames as <answer>+[new]-[old]</answer>.',
    )
    const last = { ...turn, history: [[1, 2], [7]], round: 5 }
    expect(seekQuestion(colour, last)).toBe(
      'Which colour has the star?\nA. red\nB. blue\nFrames 3, 9 of 0 to 23. Round 5 of 5. Seen: 1, 2; 7.\nAnswer with the letter as <answer>letter</answer>.',
    )
    expect(seekFollowUp(last)).toBe(
      'Frames 3, 9 of 0 to 23. Round 5 of 5.\nAnswer with the letter as <answer>letter</answer>.',
    )
  })

  it('names options by digits where Sparse-Video-R1 does', () => {
    const text = seekQuestion(colour, turn, { dialect: 'general', think: true, labels: 'digits' })
    expect(text).toContain('\n0: red\n1: blue')
    expect(text).toContain('+[3, 4, 10]-[2, 5]')
    expect(text).toContain('<think>')
  })
})

describe('the gold policy', () => {
  it('answers once the evidence is in view and asks before', () => {
    expect(goldReply(turn, [[9, 10]], '<answer>B</answer>')).toBe('<answer>B</answer>')
    expect(goldReply(turn, [[10, 12]], '<answer>B</answer>')).toBe(
      '<answer>+[2, 7, 12, 16, 21]-[3, 9]</answer>',
    )
    expect(goldRequest({ ...turn, round: 5 }, [[10, 12]])).toBeNull()
  })

  it('never asks for a frame twice and finds two seconds anywhere within four rounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 32 }), fc.nat({ max: 31 }), fc.nat(), (total, at, seed) => {
        const evidence = [[at % (total - 1), (at % (total - 1)) + 2]] as const
        let now: Turn = { ...turn, total, shown: startFrames('random', total, 5, seed) }
        for (;;) {
          const request = goldRequest(now, evidence)
          if (request === null) break
          const seen = [...now.shown, ...now.history.flat()]
          expect(request.add.some((second) => seen.includes(second))).toBe(false)
          expect(parseTurn(`<think></think>${goldReply(now, evidence, '')}`)).toEqual({
            kind: 'request',
            ...request,
          })
          now = { ...now, shown: request.add, history: [...now.history, now.shown], round: now.round + 1 }
        }
        expect(now.shown.some((second) => second >= evidence[0][0] && second < evidence[0][1])).toBe(true)
      }),
    )
  })
})

describe('single frames far apart', () => {
  // Frames at 1, 4 and 5.5 seconds.
  const side = 28
  const whole = { ...grayClip(16), width: side, height: side, rgb: new Uint8Array(16 * side * side * 3) }
  const clip = takeFrames(whole, [2, 8, 11])
  const textsOf = (content: ReturnType<typeof frameContent>) =>
    content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
  const timesOf = (content: ReturnType<typeof frameContent>) =>
    content.flatMap((part) => (part.type === 'video' ? [Array.from(part.clip.times)] : []))

  it('fill their tokens alone where the model reads times, and are pictures for servers', () => {
    expect(layoutOf({ timestamps: 'text' }, { kind: 'pixels' })).toBe('pairs')
    expect(timesOf(frameContent(clip, 'pairs', 2))).toEqual([[1, 1, 4, 4, 5.5, 5.5]])
    expect(layoutOf({ timestamps: 'text' }, { kind: 'jpeg', quality: 85 })).toBe('pictures')
    const [part] = frameContent(clip, 'pictures', 2)
    expect(part).toMatchObject({ type: 'video', clip: { times: clip.times } })
    expect(part?.type === 'video' && part.clip.info).toBeUndefined()
  })

  it('are videos of their own, after their times, for a model that knows only an interval', async () => {
    const fixture = join(import.meta.dirname, '../fixtures/qwen2vl/qwen2.5-vl')
    const preprocessing = await Effect.runPromise(readPreprocessing(fixture))
    const profile = namedProfile('Qwen2.5-VL-3B-Instruct')
    expect(layoutOf(profile, { kind: 'pixels' })).toBe('single')
    const prompt = (layout: 'single' | 'pairs') =>
      processMessages(
        preprocessing,
        roundMessages(colour, [{ turn, content: frameContent(clip, layout, 2) }], {
          dialect: 'general',
          think: false,
        }),
      )
    expect(textsOf(frameContent(clip, 'single', 2))).toEqual([
      '<1.0 seconds>',
      '<4.0 seconds>',
      '<5.5 seconds>',
    ])
    expect(prompt('single').grids.map(([frames]) => frames)).toEqual([1, 1, 1])
    expect(() => prompt('pairs')).toThrow(/not evenly spaced/)
  })
})
