import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import { random, type Sample, type Window } from '../../core/index.ts'
import { type ChatRequest, layerTest, questionText } from '../../models/index.ts'
import type { RecordedReply } from '../../tasks/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { mutate } from '../tasks/replies/mutate.ts'
import { cut, thought } from '../tasks/replies/said.ts'
import { clip } from './clip.ts'
import { sample } from './sample.ts'

const never: Sample = { ...sample, windows: [] }

const iouOf = (one: Sample, reply: RecordedReply) => {
  const evidence = { duration: 20, times: [], question: '', replies: [reply], prior: [0, 20] as const }
  const { columns } = difficultyEstimation.decide(one, evidence, shapesSettings(difficultyEstimation))
  return [columns.mean_iou, columns.parse_rate]
}

describe('difficulty', () => {
  const windows: ReadonlyArray<readonly [string, RecordedReply, number, number]> = [
    ['a free answer', 'From 4.0s to 6.0s.', 1, 1],
    ['JSON', '```json\n[{"start": "00:04", "end": "00:06"}]\n```', 1, 1],
    ['an answer behind thoughts', '<think>1.0 to 2.0</think>4.0 to 6.0', 1, 1],
    ['one that runs on beyond the clip', '4.0 to 99.0', 2 / 16, 1],
    ['frame numbers', '120 to 180', 0, 1],
    ['none', 'None.', 0, 1],
    ['a reply that was cut off', cut('<think>it is <answer>4.0 to 6.0</answer>'), 0, 0],
    ['nothing but thoughts', thought('4.0 to 6.0', ''), 0, 0],
  ]
  it.each(windows)('scores %s', (_, reply, iou, parsed) => {
    const [mean, rate] = iouOf(sample, reply)
    expect(mean).toBeCloseTo(iou)
    expect(rate).toBe(parsed)
  })

  it.each([
    ['none', 1],
    ['Not present.', 1],
    ['12.0 to 12.0', 0],
    ['<answer>300 to 450</answer>', 0],
    ['4.0 to 6.0', 0],
    ['what?', 0],
  ])('of what never happens: %s scores %d', (reply, iou) => expect(iouOf(never, reply)[0]).toBe(iou))

  it('is not solved by `none` where the annotation lies outside the clip', () =>
    expect(iouOf({ ...sample, windows: [[100, 110]] }, 'none')).toEqual([0, 1]))
})

const settings = shapesSettings(boundaryReflection)
const check = (replies: ReadonlyArray<RecordedReply>, logProbs: readonly [number, number] | null = null) => ({
  window: [12, 14] as Window,
  votes: 1,
  question: '',
  times: [],
  logProbs,
  replies,
})
const verdictOf = (
  reflect: ReadonlyArray<RecordedReply>,
  verify: ReadonlyArray<ReturnType<typeof check>>,
  changed: Partial<typeof settings> = {},
) => {
  const { outcome, columns } = boundaryReflection.decide(
    sample,
    {
      duration: 20,
      times: [],
      hidden: [[2, 8]],
      reflect: { question: '', replies: reflect, noneLogProb: null },
      verify,
    },
    { ...settings, ...changed },
  )
  return {
    outcome,
    verdict: columns.verdict,
    criterion: columns.criterion,
    p: columns.p_yes,
    verified: columns.verified,
  }
}

const proposal = '<answer>12.0 to 14.0</answer>'
const unread: ReadonlyArray<RecordedReply> = [
  'unable to determine',
  'maybe',
  '',
  '<think>Yes, I see',
  cut('The video shows'),
  thought('Yes', ''),
]

describe('verification', () => {
  it.each(unread)('of which nothing can be read is uncertain and drops nothing: %j', (reply) => {
    for (const accept of [0, 0.3, 0.5])
      expect(verdictOf([proposal], [check([reply, reply])], { accept, reject: 0 })).toEqual({
        outcome: 'kept',
        verdict: 'uncertain',
        criterion: 'readable',
        p: [null],
        verified: [],
      })
  })

  it.each(['Answer: No', '<answer>No</answer>', '{"answer": "no"}', '否', '<think>Yes?</think>No'])(
    'that says no rejects: %s',
    (reply) => expect(verdictOf([proposal], [check([reply])])).toMatchObject({ verdict: 'complete', p: [0] }),
  )

  it.each(['**Yes**', 'Yes, the dog jumps.', 'The answer is: yes', '是的'])(
    'that says yes accepts: %s',
    (reply) =>
      expect(verdictOf([proposal], [check([reply])])).toMatchObject({
        outcome: 'dropped',
        verdict: 'partial',
        verified: [[12, 14]],
      }),
  )

  it('is uncertain where one proposal cannot be read and none is accepted', () => {
    expect(verdictOf([proposal], [check(['No']), check(['hm'])])).toMatchObject({
      verdict: 'uncertain',
      criterion: 'readable',
      p: [0, null],
    })
    expect(verdictOf([proposal], [check(['Yes']), check(['hm'])])).toMatchObject({ verdict: 'partial' })
  })

  it('counts log-probabilities only where Yes and No hold the set share of the mass', () => {
    const tail = [Math.log(2e-6), Math.log(2e-7)] as const
    expect(verdictOf([proposal], [check([], tail)])).toMatchObject({ verdict: 'uncertain', p: [null] })
    expect(verdictOf([proposal], [check(['No', 'No.'], tail)])).toMatchObject({ verdict: 'complete', p: [0] })
    const most = [Math.log(0.4), Math.log(0.2)] as const
    expect(verdictOf([proposal], [check(['No'], most)])).toMatchObject({ verdict: 'partial' })
    expect(verdictOf([proposal], [check(['No'], most)], { mass: 0.7 })).toMatchObject({ verdict: 'complete' })
    expect(verdictOf([proposal], [check([], tail)], { mass: 0 })).toMatchObject({ verdict: 'partial' })
  })
})

describe('reflection', () => {
  it.each<readonly [RecordedReply, string, string | null]>([
    ['None.', 'complete', null],
    ['There is no other such moment.', 'complete', null],
    ['4.0 to 6.0', 'complete', null],
    ['300 to 450', 'uncertain', 'placed'],
    ['12.0 to 12.0', 'uncertain', 'placed'],
    ['what?', 'uncertain', 'readable'],
    [cut('<think>none'), 'uncertain', 'readable'],
    [cut('It also happens from 12.0 to 14'), 'uncertain', 'readable'],
  ])('%j is %s', (reply, verdict, criterion) =>
    expect(verdictOf([reply], [])).toMatchObject({ verdict, criterion }),
  )

  it('never drops a sample for what nobody said', () => {
    const draw = random(3, 'verdicts')
    for (let i = 0; i < 2000; i++) {
      const { verdict, p } = verdictOf([mutate(draw)], [check([mutate(draw), mutate(draw)])])
      const [yes] = p as ReadonlyArray<number | null>
      if (verdict === 'partial') expect(yes).toBeGreaterThanOrEqual(settings.accept)
      if (yes === null) expect(verdict).toBe('uncertain')
    }
  })
})

interface Heard {
  readonly chats: Array<ChatRequest>
  readonly options: Array<ReadonlyArray<string>>
}

/** What is asked of a model that says `reply`, and what is recorded. */
const investigate = async (
  reply: string,
  set: { readonly [name: string]: unknown },
  logProb?: (option: string) => number,
) => {
  const heard: Heard = { chats: [], options: [] }
  const model = layerTest({
    reply: (request, index) => {
      if (index === 0) heard.chats.push(request)
      return questionText(request.messages).startsWith('Does this') ? 'No, it does not.' : reply
    },
    ...(logProb === undefined
      ? {}
      : {
          logProb: (_, option) => {
            heard.options.push([option])
            return logProb(option)
          },
        }),
  })
  const run = boundaryReflection.investigate(sample, clip, shapesSettings(boundaryReflection, set), null)
  const evidence = await Effect.runPromise(Effect.provide(run, model))
  return { heard, evidence }
}

describe('an investigation', () => {
  it('asks for words where the log-probabilities of Yes and No say nothing', async () => {
    const { heard, evidence } = await investigate(proposal, { verifyTokens: 77 }, () => Math.log(1e-6))
    expect(heard.chats.map(({ sampling }) => sampling.maxTokens)).toEqual([64, 77])
    expect(evidence.verify[0]).toMatchObject({ logProbs: [Math.log(1e-6), Math.log(1e-6)] })
    expect(evidence.verify[0]!.replies[0]).toBe('No, it does not.')
    const sure = await investigate(proposal, {}, (option) => Math.log(option === 'Yes' ? 0.9 : 0.05))
    expect(sure.heard.chats).toHaveLength(1)
    expect(sure.evidence.verify[0]!.replies).toEqual([])
  })

  it('asks a model that thinks, or answers in its own words, for no probability of a form', async () => {
    const thinking = await investigate(proposal, { think: true, reasons: true }, () => -1)
    expect(thinking.heard.options).toEqual([])
    const free = await investigate('None.', {}, () => -1)
    expect(free.heard.options).toEqual([])
    expect(free.evidence.reflect.noneLogProb).toBeNull()
    const asked = await investigate(proposal, {}, () => -1)
    expect(asked.heard.options[0]).toEqual(['<answer>none</answer>'])
  })

  it('puts its questions in the dialect, whose version enters the key', async () => {
    const { heard, evidence } = await investigate(proposal, { dialect: 'general' })
    for (const { messages } of heard.chats) expect(questionText(messages)).toMatch(/Watch|End your reply/)
    expect(evidence.reflect.question).toContain('4.0 to 6.0')
    for (const agent of [boundaryReflection, difficultyEstimation]) {
      const [shapes, general] = (['shapes', 'general'] as const).map((dialect) =>
        agent.promptVersion({ dialect }),
      )
      expect(general).toContain('general/')
      expect(shapes).not.toBe(general)
    }
  })

  it('records how a reply ended, as its evidence is read again', () => {
    const replies = ['12.0 to 14.0', cut('<think>'), thought('hm', 'No')]
    const evidence = { duration: 20, times: [], question: '', replies, prior: [0, 20] }
    expect(difficultyEstimation.evidence.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence)
  })
})
