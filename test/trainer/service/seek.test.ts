import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import {
  conversationModes,
  frameContent,
  openConversation,
  proceed,
  seekQuestion,
  startFrames,
  turnOf,
} from '../../../agents/index.ts'
import type { Window } from '../../../core/index.ts'
import { readPreprocessing } from '../../../engine/checkpoint/index.ts'
import { goldConversation, openRunFolder, rulesOf, seekSource, sftSchema } from '../../../trainer/index.ts'
import { engineSettings, makeTrainingService, type PromptItem } from '../../../trainer/service/index.ts'
import { frameSize, takeFrames } from '../../../video/index.ts'
import { places, scene, service } from './scene.ts'

const seek = { frames: 3, rounds: 3, start: 'random', mode: 'fresh', labels: 'letters', pairing: 'all' }
const settings = { seek, rewards: { answer: 1 } }

/** The scene with questions: the answer of every sample is B. */
const asked = (windows?: ReadonlyArray<Window>) => {
  const made = scene()
  return {
    ...made,
    items: made.items.map((item) => ({
      ...item,
      sample: {
        ...item.sample,
        task: 'choice',
        options: ['one', 'two', 'three'],
        answer: 'B',
        ...(windows === undefined ? {} : { windows }),
      },
    })),
  }
}

it('serves the rounds of a conversation by its replies alone, and rewards the last reply', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const place = asked()
        const { options, service: made } = yield* service(place, settings)
        const [prompt] = yield* made.prompts({ run: 'test', step: 1, rank: 0, ids: places })
        const item = place.items.find(({ key }) => key === prompt!.sample)!
        const clip = yield* place.views.clip(item)
        const total = Math.floor(clip.info.duration)
        const rules = rulesOf(options.seek!)
        // As the embedded trainer begins the same step.
        const first = startFrames('random', total, 3, options.seed, 1, 0, item.key)
        const conversation = openConversation(total, first)
        const style = { dialect: 'shapes', think: false } as const
        const question = { question: item.sample.query, options: item.sample.options! }
        const shown = (seconds: ReadonlyArray<number>) => seconds.map((second) => clip.times[second])
        expect(prompt!.video.frames.map(({ time }) => time)).toEqual(shown(first))
        expect(prompt!.messages[0]!.content[1]).toEqual({
          type: 'text',
          text: seekQuestion(question, turnOf(conversation, rules), style),
        })

        const unseen = [...Array(total).keys()].filter((second) => !first.includes(second)).slice(0, 1)
        const request = `<answer>+[${unseen}]-[${first[0]}]</answer>`
        const next = proceed(conversation, { text: request }, rules)
        if (next.kind !== 'look') throw new Error('the request is not granted')
        const turns = (...replies: ReadonlyArray<string>) =>
          made.turns({
            ...{ run: 'test', step: 1, rank: 0 },
            items: [{ id: 'draw/0', generation: 1, replies: [...replies] }],
          })
        const again = yield* turns(request)
        expect(again).toEqual(yield* turns(request))
        expect(again[0]!.video.frames.map(({ time }) => time)).toEqual(
          shown(next.conversation.rounds[1]!.shown),
        )
        expect(again[0]!.messages[0]!.content[1]).toEqual({
          type: 'text',
          text: seekQuestion(question, turnOf(next.conversation, rules), style),
        })
        // An answer ends it, and so does a request that cannot be granted.
        expect(yield* turns(request, '<answer>B</answer>')).toEqual([null])
        expect(yield* turns(request, request)).toEqual([null])

        const reward = (generation: number, text: string) => ({
          ...{ id: 'draw/0', generation, text },
          ...{ finish: 'stop' as const, tokens: 4 },
        })
        const rewards = yield* made.rewards({
          ...{ run: 'test', step: 1, rank: 0 },
          items: [reward(0, '<answer>B</answer>'), reward(1, '<answer>A</answer>'), reward(2, request)],
        })
        expect(rewards.map((one) => one.scores)).toMatchObject([{ answer: 1 }, { answer: 0 }, { answer: 0 }])
      }),
    ),
  ))

it.each(['pairs', 'single'] as const)('serves frames as the embedded trainer shows them (%s)', (layout) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const place = asked()
        const shown = { layout, framesPerToken: 2 }
        const { service: made } = yield* service(place, settings, undefined, null, undefined, shown)
        const [prompt] = yield* made.prompts({ run: 'test', step: 1, rank: 0, ids: places })
        const clip = yield* place.views.clip(place.items.find(({ key }) => key === prompt!.sample)!)
        const left = [...prompt!.video.frames]
        const served = prompt!.messages[0]!.content.map((part) =>
          part.type === 'text' ? part.text : left.splice(0, part.frames),
        )
        expect(left).toEqual([])
        const seconds = new Set(prompt!.video.frames.map(({ time }) => clip.times.indexOf(time)))
        const content = frameContent(takeFrames(clip, [...seconds]), layout, 2)
        const sha256 = (rgb: Uint8Array) => createHash('sha256').update(rgb).digest('hex')
        expect(served.slice(0, -1)).toEqual(
          content.map((part) =>
            part.type === 'text'
              ? part.text
              : Array.from(part.clip.times, (time, at) => {
                  const size = frameSize(part.clip)
                  return { hash: sha256(part.clip.rgb.subarray(at * size, (at + 1) * size)), time }
                }),
          ),
        )
        expect(content).toHaveLength(layout === 'single' ? 6 : 1)
      }),
    ),
  ),
)

it.each(conversationModes)('serves supervised fine-tuning what the embedded trainer teaches (%s)', (mode) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { items, views } = asked([[5, 6]])
        const taught = sftSchema.parse({
          ...{ learningRate: 1e-4, batch: 3, seed: 7 },
          seek: { frames: 2, rounds: 3, start: 'random', mode },
        })
        const folder = mkdtempSync(join(tmpdir(), 'spanwise-lessons-'))
        const made = yield* makeTrainingService({
          ...{ run: 'test', training: { kind: 'sft', options: taught }, steps: 2, items, views, ahead: 0 },
          ...{ wording: { dialect: 'shapes' }, shown: { layout: 'pairs', framesPerToken: 2 } },
          folder: yield* openRunFolder(folder, { kind: 'sft', settings: {}, provenance: {} }),
          engine: engineSettings.parse({ model: 'm', output: 'o' }),
          sharedFrames: null,
        })
        const source = seekSource({
          preprocessing: yield* readPreprocessing(join(import.meta.dirname, '../../fixtures/qwen3vl/tied')),
          ...{ clip: views.clip, settings: taught.seek!, enable: null, layout: 'pairs', framesPerToken: 2 },
          style: { dialect: 'shapes', think: false },
        })
        const request = { run: 'test', step: 1, rank: 0 }
        const rounds: Array<number> = []
        for (const first of yield* made.prompts({ ...request, ids: places })) {
          const item = items.find(({ key }) => key === first.sample)!
          const lessons = yield* goldConversation(source, item, taught.seed, 1)
          const served: Array<PromptItem> = []
          for (let prompt: PromptItem | null = first; prompt !== null; ) {
            served.push(prompt)
            const replies = served.map(({ answer }) => answer!)
            prompt = (yield* made.turns({
              ...request,
              items: [{ id: first.id, generation: 0, replies }],
            }))[0]!
          }
          expect(served.map(({ answer }) => answer)).toEqual(lessons.map(({ reply }) => reply))
          for (const [round, { messages, video }] of served.entries()) {
            const { text, grids } = lessons[round]!.prompt
            const parts = messages.flatMap(({ content }) => content)
            const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
            let at = 0
            for (const said of texts) {
              expect(text.slice(at)).toContain(said)
              at = text.indexOf(said, at) + said.length
            }
            const videos = parts.flatMap((part) => (part.type === 'video' ? [part.frames] : []))
            expect(videos).toEqual(grids.map(([pairs]) => 2 * pairs))
            expect(video.frames).toHaveLength(videos.reduce<number>((sum, count = 0) => sum + count, 0))
            expect(messages).toHaveLength(mode === 'fresh' ? 1 : 2 * round + 1)
          }
          rounds.push(served.length)
        }
        expect(Math.max(...rounds)).toBeGreaterThan(1)
      }),
    ),
  ),
)

it('tells what the conversations of a step took, and the tokens of their thoughts', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const words = (text: string) => text.split(' ').flatMap((word) => (word === '' ? [] : [1]))
        const place = asked()
        const { path, service: made } = yield* service(place, settings, undefined, null, words)
        const [prompt] = yield* made.prompts({ run: 'test', step: 0, rank: 0, ids: places })
        const shown = prompt!.video.frames.map(({ time }) => time)
        const clip = yield* place.views.clip(place.items[0]!)
        const unseen = Array.from(clip.times.keys()).find((second) => !shown.includes(clip.times[second]!))
        const request = `<think>a b c</think><answer>+[${unseen}]-[${Array.from(clip.times).indexOf(shown[0]!)}]</answer>`
        const last = '<think>d e</think><answer>B</answer>'
        const reply = (generation: number, ...replies: ReadonlyArray<string>) => ({
          ...{ id: 'draw/0', generation, text: replies.at(-1)!, finish: 'stop' as const, tokens: 9 },
          replies: replies.map((text) => ({ text, tokens: 9 })),
        })
        const rewards = (...items: ReadonlyArray<ReturnType<typeof reply>>) =>
          made.rewards({ run: 'test', step: 0, rank: 0, items: [...items] })
        yield* rewards(reply(0, request, last), reply(1, 'eh'))
        for (const wrong of [reply(0, request), reply(0, last, last), { ...reply(0, last), text: 'eh' }])
          expect(yield* Effect.flip(rewards(wrong))).toMatchObject({
            _tag: 'Refusal',
            status: 422,
            problem: expect.stringContaining('completion 0 of draw/0'),
          })
        yield* made.event({ run: 'test', step: 0, rank: 0, kind: 'step', figures: {} })
        const row = JSON.parse(readFileSync(join(path, 'metrics.jsonl'), 'utf8'))
        expect(row.seek).toEqual({
          ...{ rounds: 1.5, frames: 3.5 },
          endings: { answered: 0.5, 'no answer': 0.5 },
        })
        expect(row.length).toMatchObject({ mean: 13.5, max: 18 })
        // By the tokenizer, of all rounds: five words in two replies, none in the other.
        expect(row.thought).toEqual({ tokens: 2.5, answer: 11, share: 0.5 })
      }),
    ),
  ))

it('has no conversations where none are trained', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene())
        const error = yield* Effect.flip(
          made.turns({
            ...{ run: 'test', step: 0, rank: 0 },
            items: [{ id: 'draw/0', generation: 0, replies: ['x'] }],
          }),
        )
        expect(error).toMatchObject({ _tag: 'Refusal', status: 422 })
      }),
    ),
  ))
