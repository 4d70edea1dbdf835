import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { openConversation, proceed, seekQuestion, startFrames, turnOf } from '../../../agents/index.ts'
import { rulesOf } from '../../../trainer/seek/index.ts'
import { places, scene, service } from './scene.ts'

const seek = { frames: 3, rounds: 3, start: 'random', mode: 'fresh', labels: 'letters', pairing: 'all' }
const settings = { seek, rewards: { answer: 1 } }

/** The scene with questions: the answer of every sample is B. */
const asked = () => {
  const made = scene()
  return {
    ...made,
    items: made.items.map((item) => ({
      ...item,
      sample: { ...item.sample, task: 'choice', options: ['one', 'two', 'three'], answer: 'B' },
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
