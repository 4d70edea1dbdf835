import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Layer, ManagedRuntime } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sample } from '../../core/index.ts'
import type { EngineService } from '../../engine/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { type AnswerSettings, byTask, engineReplies, evaluateReplies } from '../../eval/index.ts'
import { listParts } from '../../folds/index.ts'
import {
  layerTest,
  ModelError,
  type ModelProfile,
  namedProfile,
  questionText,
  VisionLanguageModel,
} from '../../models/index.ts'
import { answer } from '../../pipelines/eval.ts'
import { openDatabase, readParts } from '../../store/index.ts'
import { Videos } from '../../video/index.ts'
import { flashSample, writeVideos } from '../folds/flashes.ts'
import { stubEngine } from '../trainer/stub.ts'

const home = mkdtempSync(join(tmpdir(), 'spanwise-evaluator-'))
const videos = join(home, 'videos')
const runtime = ManagedRuntime.make(Videos.layer({ workers: 1 }))
beforeAll(() => {
  mkdirSync(videos)
  return runtime.runPromise(writeVideos(videos))
})
afterAll(async () => {
  await runtime.dispose()
  rmSync(home, { recursive: true })
})

const samples = ['a', 'b', 'c', 'd'].map((id) => flashSample(id, 'flash.mp4'))
const shapes = namedProfile('shapes-base')
const profileOf = (frames: number, maxTokens: number | null = null): ModelProfile => ({
  ...shapes,
  maxTokens,
  view: { ...shapes.view, frames },
})

interface Start {
  /** Called with the text of each question. */
  readonly before?: (question: string) => Effect.Effect<void, ModelError>
  readonly out?: string
  readonly model?: string
  readonly profile?: ModelProfile
  readonly benchmark?: AnswerSettings['benchmark']
  readonly asked?: ReadonlyArray<Sample>
}

/** One start of an evaluation by a scripted model, and the questions that were put to it. */
const start = async (
  root: string,
  { before, out, model, profile = profileOf(8), benchmark = null, asked = samples }: Start = {},
) => {
  const questions: Array<string> = []
  const scripted = layerTest({
    profile,
    reply: () => '<answer>1.0 to 3.0</answer>',
    before: (messages) => {
      const question = /screen is white, (\w)/.exec(questionText(messages))?.[1] ?? ''
      questions.push(question)
      return before?.(question) ?? Effect.void
    },
  })
  const named = Layer.effect(
    VisionLanguageModel,
    Effect.map(VisionLanguageModel, (one) => ({
      ...one,
      identity: { ...one.identity, model: model ?? one.identity.model },
    })),
  ).pipe(Layer.provide(scripted))
  const result = await answer(asked, {
    videos,
    root: join(home, root),
    ...(out === undefined ? {} : { out: join(home, out) }),
    benchmark,
    inFlight: 1,
  }).pipe(Effect.provide(named), Effect.result, runtime.runPromise)
  return { result, questions }
}

const success = ({ result }: Awaited<ReturnType<typeof start>>) => {
  if (result._tag === 'Failure') throw result.failure
  return result.success
}

const refusal = (kind: string, fatal = false) =>
  Effect.fail(new ModelError({ model: 'm', problem: 'no', retryable: false, kind, fatal }))

describe('the evaluator', () => {
  it('goes on at the sample after a stop, in the same folder, from part files with raw replies and times', async () => {
    const stopped = await start('resume', {
      before: (question) => (question === 'c' ? refusal('server', true) : Effect.void),
    })
    expect(stopped.result._tag).toBe('Failure')
    expect(stopped.questions).toEqual(['a', 'b', 'c'])
    const again = await start('resume')
    expect(again.questions).toEqual(['c', 'd'])
    const { folder, tally, predictions } = success(again)
    expect(tally).toMatchObject({ samples: 4, share: { replies: 4, cutOff: 0, unread: 0 }, unanswered: [] })
    expect(predictions.get('a')?.windows).toEqual([[1, 3]])
    const rows = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(openDatabase(':memory:'), (database) =>
          Effect.flatMap(listParts(folder), (parts) =>
            readParts(database, parts, ['sample', 'reply', 'finish', 'frame_times', 'evidence']),
          ),
        ),
      ),
    )
    expect(rows.map(({ sample }) => sample)).toEqual(['a', 'b', 'c', 'd'])
    expect(rows[0]).toMatchObject({ reply: '<answer>1.0 to 3.0</answer>', finish: 'stop' })
    expect(rows[0]!.frame_times).toHaveLength(8)
    expect((await start('resume')).questions).toEqual([])
  })

  it('asks the rest only when the limit is lifted', async () => {
    await start('limit', { asked: samples.slice(0, 2) })
    expect((await start('limit')).questions).toEqual(['c', 'd'])
  })

  it('gives each model, each setting and each version of a benchmark a folder of its own', async () => {
    const benchmark = { suite: 'charades', split: 'test', files: { 'test.txt': 'aa' } }
    const folders = await Promise.all(
      [
        {},
        { model: 'other/script' },
        { profile: profileOf(8, 33) },
        { benchmark },
        { benchmark: { ...benchmark, files: { 'test.txt': 'bb' } } },
      ].map(async (changes) => success(await start('keyed', changes)).folder),
    )
    expect(new Set(folders).size).toBe(folders.length)
  })

  it.for([
    ['another model', { model: 'other' }, /model\.model was "script" and is now "other"/],
    ['other settings', { profile: profileOf(4) }, /settings\.frames was 8 and is now 4/],
  ] as const)('refuses a folder that holds an evaluation of %s', async ([name, changes, says]) => {
    const out = `taken by ${name}`
    success(await start('taken', { out }))
    const before = readFileSync(join(home, out, 'predictions.jsonl'), 'utf8')
    const { result, questions } = await start('taken', { out, ...changes })
    expect(result).toMatchObject({ _tag: 'Failure', failure: { _tag: 'InputError' } })
    expect(result._tag === 'Failure' && result.failure.message).toMatch(says)
    expect(result._tag === 'Failure' && result.failure.message).toMatch(/another --out$/)
    expect(questions).toEqual([])
    expect(readFileSync(join(home, out, 'predictions.jsonl'), 'utf8')).toBe(before)
  })

  it("refuses a folder of the user's own", async () => {
    mkdirSync(join(home, 'mine'))
    writeFileSync(join(home, 'mine', 'report.md'), 'mine')
    const { result } = await start('x', { out: 'mine' })
    expect(result._tag === 'Failure' && result.failure.message).toMatch(
      /contains files that no evaluation wrote/,
    )
    expect(readFileSync(join(home, 'mine', 'report.md'), 'utf8')).toBe('mine')
  })

  it('counts and names samples without a reply, and tries them again', async () => {
    const asked = [...samples.slice(0, 2), flashSample('e', 'late.mp4')]
    const tooLong = (question: string) => (question === 'a' ? refusal('too long') : Effect.void)
    const { tally } = success(await start('absent', { asked, before: tooLong }))
    expect(tally).toMatchObject({ samples: 3, share: { replies: 1 } })
    expect(tally.unanswered).toEqual([
      { sample: 'a', file: 'flash.mp4', outcome: 'failed', reason: 'model too long: no' },
      { sample: 'e', file: 'late.mp4', outcome: 'absent', reason: 'missing' },
    ])
    copyFileSync(join(videos, 'one.mp4'), join(videos, 'late.mp4'))
    const again = await start('absent', { asked })
    expect(again.questions.toSorted()).toEqual(['a', 'e'])
    expect(success(again).tally.unanswered).toEqual([])
  })
})

describe('an engine as the source', () => {
  const base = { dataset: 'jsonl', split: 'valid', video: 'v', file: 'v.mp4', duration: 10 } as const
  const cases: ReadonlyArray<readonly [sample: Sample, reply: string, finish: 'stop' | 'length']> = [
    [
      { ...base, id: 'g', task: 'grounding', query: 'q', windows: [[2, 4]] },
      '<answer>2.0 to 4.0</answer>',
      'stop',
    ],
    [{ ...base, id: 'n', task: 'grounding', query: 'q', windows: [] }, '<answer>none</answer>', 'stop'],
    [{ ...base, id: 'u', task: 'grounding', query: 'q', windows: [[2, 4]] }, 'I think that', 'length'],
    [
      { ...base, id: 'c', task: 'choice', query: 'q', windows: null, options: ['x', 'y'], answer: 'B' },
      '<answer>B</answer>',
      'stop',
    ],
    [
      { ...base, id: 'k', task: 'counting', query: 'q', windows: null, answer: '3' },
      '<answer>4</answer>',
      'stop',
    ],
    [
      {
        ...base,
        id: 'w',
        task: 'grounded-qa',
        query: 'q',
        windows: [[2, 4]],
        options: ['x', 'y'],
        answer: 'A',
      },
      '<answer>A</answer><glue>[(2.0, 4.0)]</glue>',
      'stop',
    ],
    [
      {
        ...base,
        id: 'h',
        task: 'grounded-qa',
        query: 'q',
        windows: [[2, 4]],
        options: ['x', 'y'],
        answer: 'A',
      },
      '<answer>A</answer>',
      'stop',
    ],
  ]

  it('scores every task by the same rules, and tells what could not be read', async () => {
    const engine: EngineService = {
      ...stubEngine(),
      generate: (prompts) =>
        Effect.succeed(
          prompts.map(({ text }) => {
            const [, reply, finish] = cases.find(([{ id }]) => id === text)!
            return [{ text: reply, finish, tokens: [], logProbs: [] }]
          }),
        ),
    }
    const prompt = ({ id }: Sample) => ({ text: id }) as ProcessedPrompt
    const { evaluation, tally } = await Effect.runPromise(
      evaluateReplies(
        byTask,
        cases.map(([sample]) => sample),
        engineReplies(engine, prompt, 64),
        { bootstrap: null },
      ),
    )
    expect(tally).toMatchObject({ samples: 7, share: { replies: 7, cutOff: 1, unread: 0 } })
    expect(evaluation.report.parseRate).toBeCloseTo(5 / 7)
    expect(evaluation.report.metrics.mIoU).toBeCloseTo(200 / 3)
    expect(evaluation.report.metrics).toMatchObject({
      'Acc@QA': 100,
      'Acc@GQA': 50,
      'GQA-mIoU': 50,
      choice: 100,
      Exact: 0,
      OBO: 100,
    })
  })
})
