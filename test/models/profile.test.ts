import { Result } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  families,
  type ModelFacts,
  makeProfile,
  namedProfile,
  type ProfileOverrides,
  replyPlan,
  sightOf,
  unseenDataset,
} from '../../models/index.ts'

const facts = (name: string, more: Partial<ModelFacts> = {}): ModelFacts => ({
  ...{ name, aliases: [], family: null, architecture: null },
  ...{ processor: null, sampling: null, template: null },
  ...more,
})
const profileOf = (name: string, overrides: ProfileOverrides = {}, more: Partial<ModelFacts> = {}) =>
  Result.getOrThrow(makeProfile(facts(name, more), overrides))

const video = (width: number, height: number, duration: number, fps = 30) => ({
  ...{ width, height, duration },
  frames: Math.round(duration * fps),
})

describe('the family of a model', () => {
  it.each([
    ['Qwen/Qwen3-VL-8B-Instruct', 'qwen3-vl', 'none'],
    ['Qwen3-VL-30B-A3B-Thinking-FP8', 'qwen3-vl', 'always'],
    ['qwen3vl-4b', 'qwen3-vl', 'none'],
    ['Qwen/Qwen2.5-VL-7B-Instruct-AWQ', 'qwen2.5-vl', 'none'],
    ['Qwen2-VL-2B-Instruct', 'qwen2-vl', 'none'],
    ['/data/models/qwen2_5_vl_7b', 'qwen2.5-vl', 'none'],
    ['Qwen2-5-VL-7B', 'qwen2.5-vl', 'none'],
    ['qwen25vl:7b', 'qwen2.5-vl', 'none'],
    ['qwen3_vl_8b', 'qwen3-vl', 'none'],
    ['Qwen3-VL-8B-NoThinking', 'qwen3-vl', 'none'],
    ['qwen2_vl', 'qwen2-vl', 'none'],
    ['Qwen-7B-Chat', 'unknown', 'none'],
    ['Qwen3-8B', 'unknown', 'none'],
    ['qwen3_5_9b', 'qwen3.5', 'switch'],
    ['intern_vl3', 'internvl', 'none'],
    ['azure/gpt-5', 'gpt', 'always'],
    ['openrouter/openai/gpt-5.1', 'gpt', 'always'],
    ['gpt4o', 'gpt', 'none'],
    ['gpt-5-chat-latest', 'gpt', 'none'],
    ['gpt-oss-120b', 'unknown', 'none'],
    ['o3d-net', 'unknown', 'none'],
    ['Qwen/Qwen3.5-9B', 'qwen3.5', 'switch'],
    ['Qwen3.6-27B', 'qwen3.5', 'switch'],
    ['OpenGVLab/InternVL3_5-8B', 'internvl', 'none'],
    ['gpt-4o-mini', 'gpt', 'none'],
    ['gpt-5-mini', 'gpt', 'always'],
    ['o3', 'gpt', 'always'],
    ['models/gemini-2.5-flash', 'gemini', 'always'],
    ['gemini-2.0-flash', 'gemini', 'none'],
    ['shapes-base', 'shapes-base', 'none'],
    ['llava-onevision', 'unknown', 'none'],
  ] as const)('of %s is %s, its reasoning %s', (name, family, reasoning) => {
    const made = namedProfile(name)
    expect([made.family, made.reasoning]).toEqual([family, reasoning])
  })

  it('is what config.json states rather than what the folder is called', () => {
    expect(profileOf('checkpoint-300', {}, { architecture: 'qwen2_5_vl' }).family).toBe('qwen2.5-vl')
    expect(profileOf('qwen3-vl-mine', {}, { architecture: 'qwen2_vl' }).family).toBe('qwen2-vl')
    expect(profileOf('model', {}, { architecture: 'qwen3_vl', family: 'shapes-base' }).family).toBe(
      'shapes-base',
    )
  })

  it('is what the server says that an alias stands for', () =>
    expect(profileOf('vlm', {}, { aliases: ['Qwen/Qwen3-VL-8B-Thinking'] })).toMatchObject({
      ...{ family: 'qwen3-vl', reasoning: 'always' },
    }))

  it('can be named by the user, and a wrong name is refused with the nearest', () => {
    expect(profileOf('mine', { family: 'qwen3-vl' }).family).toBe('qwen3-vl')
    const wrong = makeProfile(facts('mine'), { family: 'qwen3vl' })
    expect(Result.isFailure(wrong) && wrong.failure.message).toMatch(/did you mean qwen3-vl\?/)
  })

  it('is one name for each entry of the catalogue', () =>
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length))
})

describe('what a model sees', () => {
  it('is a 640 x 360 source as it is, at 2 fps, within 3 584 vision tokens', () => {
    const { view } = namedProfile('Qwen/Qwen3-VL-8B-Instruct')
    expect(sightOf(view, video(640, 360, 10))).toMatchObject({
      ...{ frames: 20, width: 640, height: 352, videoTokens: 2200 },
    })
    const long = sightOf(view, video(640, 360, 120))
    expect(long.videoTokens).toBeLessThanOrEqual(3584)
    expect(long.frames).toBe(240)
  })

  it('is as many frames as decoding takes, whatever the rounding of the duration', () => {
    const { view } = namedProfile('Qwen/Qwen3-VL-8B-Instruct')
    expect(2.2 * 25).toBeGreaterThan(55)
    expect(sightOf({ ...view, fps: 25 }, video(640, 360, 2.2)).frames).toBe(55)
  })

  it('never exceeds the limits of the clip or of a frame, and is never enlarged', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('Qwen3-VL-8B', 'Qwen2.5-VL-7B', 'gpt-4o', 'shapes-base'),
        fc.integer({ min: 64, max: 4000 }),
        fc.integer({ min: 64, max: 4000 }),
        fc.double({ min: 1, max: 4000, noNaN: true }),
        (name, width, height, duration) => {
          const { view } = namedProfile(name)
          const sight = sightOf(view, video(width, height, duration))
          expect(sight.frames).toBeLessThanOrEqual(view.frames)
          expect(sight.width % view.factor).toBe(0)
          expect(sight.width * sight.height).toBeLessThanOrEqual(
            Math.max(view.maxPixels, view.factor ** 2 * Math.max(width / height, height / width, 1) * 2),
          )
          expect(sight.width).toBeLessThanOrEqual(width + view.factor)
          expect(sight.height).toBeLessThanOrEqual(height + view.factor)
        },
      ),
      {
        examples: [
          ['gpt-4o', 71, 2394, 1],
          ['gpt-4o', 2394, 71, 1],
        ],
      },
    ))

  it('follows the processor of a checkpoint', () => {
    const processor = {
      fps: 1,
      minFrames: 4,
      maxFrames: 16,
      maxPixels: 16 * 65536,
      minImagePixels: 4096,
      factor: 32,
      framesPerToken: 2,
    }
    const { view } = profileOf('mine', {}, { architecture: 'qwen3_vl', processor })
    expect(view).toMatchObject({ fps: 1, frames: 16, visionTokens: 512, minImagePixels: 4096 })
  })

  it('is what the user says, alike for every family', () => {
    for (const name of ['Qwen3-VL-8B', 'gpt-4o', 'shapes-base'])
      expect(profileOf(name, { fps: 1, frames: 8, maxPixels: 50_000, visionTokens: 900 }).view).toMatchObject(
        {
          ...{ fps: 1, frames: 8, maxPixels: 50_000, visionTokens: 900 },
        },
      )
  })
})

describe('how a reply is asked for', () => {
  it('gives a thinking model the tokens to think, whatever is asked', () => {
    const profile = namedProfile('Qwen/Qwen3-VL-8B-Thinking')
    for (const question of ['grounding', 'verification', 'choice', 'counting'] as const) {
      const plan = replyPlan(profile, question)
      expect(plan.maxTokens).toBeGreaterThanOrEqual(2048)
      expect(plan).toMatchObject({ ask: false, enable: null, reasons: true })
    }
    const off = makeProfile(facts('Qwen3-VL-8B-Thinking'), { think: 'off' })
    expect(Result.isFailure(off) && off.failure.message).toMatch(/always reasons/)
  })

  it('tells a chat template that can be told', () => {
    expect(replyPlan(namedProfile('Qwen3.5-9B'), 'grounding')).toMatchObject({
      enable: false,
      reasons: false,
    })
    expect(replyPlan(profileOf('Qwen3.5-9B', { think: 'on' }), 'grounding')).toMatchObject({
      ...{ ask: false, enable: true, reasons: true },
    })
  })

  it('asks an instruct model in words, in questions and where the user wants it', () => {
    const profile = namedProfile('Qwen3-VL-8B-Instruct')
    expect(replyPlan(profile, 'grounding')).toMatchObject({ ask: false, maxTokens: 256 })
    expect(replyPlan(profile, 'choice').ask).toBe(true)
    expect(replyPlan(profileOf('Qwen3-VL-8B-Instruct', { think: 'off' }), 'choice').ask).toBe(false)
    expect(replyPlan(profileOf('Qwen3-VL-8B-Instruct', { think: 'on' }), 'grounding').ask).toBe(true)
  })

  it('leaves the shapes checkpoint as it was trained', () => {
    const profile = namedProfile('shapes-base')
    expect(profile.view).toMatchObject({ fps: 2, frames: 32, maxPixels: 4096 })
    for (const question of ['grounding', 'choice', 'counting', 'grounded-qa'] as const)
      expect(replyPlan(profile, question)).toEqual({
        ask: false,
        enable: null,
        reasons: false,
        maxTokens: 64,
      })
  })

  it('keeps to the limit that the user set', () =>
    expect(replyPlan(profileOf('Qwen3-VL-8B-Thinking', { maxTokens: 5000 }), 'choice').maxTokens).toBe(5000))
})

it('says where a model has never seen such videos', () => {
  expect(unseenDataset(namedProfile('shapes-base'), 'charades')).toMatch(/--model/)
  expect(unseenDataset(namedProfile('shapes-base'), 'shapes')).toBeNull()
  expect(unseenDataset(namedProfile('Qwen3-VL-2B'), 'charades')).toBeNull()
})
