import { Effect } from 'effect'
import { hash32, type Sample, type Window, Windows } from '../../core/index.ts'
import {
  type ChatReply,
  type ChatSampling,
  greedy,
  type Message,
  replyPlan,
  VisionLanguageModel,
} from '../../models/index.ts'
import {
  ask,
  evidenceQuery,
  formOf,
  guidedBy,
  holdsThoughts,
  parseWindows,
  recordReply,
  replyForm,
  replyOf,
  windowsAnswer,
} from '../../tasks/index.ts'
import { type Clip, maskClip, selectFrames } from '../../video/index.ts'
import { type Agent, lookOf, reasoningOf } from '../agent.ts'
import { decide, holdsMass } from './decide.ts'
import { poolProposals, readProposals, readReflect, readVerify } from './parse.ts'
import { promptVersion, reflectQuestion, verifyPattern, verifyQuestion, verifyReplies } from './prompt.ts'
import {
  type BoundaryReflectionEvidence,
  type BoundaryReflectionSettings,
  evidenceSchema,
  type Look,
  settingsSchema,
} from './settings.ts'
import { reflectHidden, reflectView, scanTiles, verifyView } from './view.ts'

/** The frames of one range; of a range that falls between frames, the two nearest to its middle. */
const showAlone = (clip: Clip, view: Window): Clip => {
  const shown = maskClip(clip, [view], 'drop')
  if (shown.times.length >= 2) return shown
  const middle = (view[0] + view[1]) / 2
  const nearest = new Set(
    Array.from(clip.times.keys())
      .sort((a, b) => Math.abs(clip.times[a]! - middle) - Math.abs(clip.times[b]! - middle))
      .slice(0, 2),
  )
  return selectFrames(clip, (_, place) => nearest.has(place))
}

/** A log-probability as records can hold it: JSON knows no infinity. */
const finite = (logProb: number): number => Math.max(logProb, -1e4)

/**
 * Log-probability that `none` is the whole reply; read off the greedy reply where that is it. Null of a model that
 * thinks first or answers in words of its own: the form is then unlikely whatever it means to say.
 */
const noneLogProb = Effect.fnUntraced(function* (
  messages: ReadonlyArray<Message>,
  reply: ChatReply | undefined,
  reasons: boolean,
) {
  if (reasons || (reply !== undefined && answersFreely(reply))) return null
  const none = windowsAnswer([])
  if (reply?.text === none && reply.finish === 'stop' && reply.logProbs !== undefined)
    return reply.logProbs.reduce((sum, logProb) => sum + logProb, 0)
  // Where the server listed alternatives beside the reply, they tell without another request.
  if (reply?.instead !== undefined) return reply.instead(none)
  const model = yield* VisionLanguageModel
  const [logProb = null] = (yield* model.choose(messages, [none])) ?? []
  return logProb === null ? null : finite(logProb)
})

/** Whether a reply can be read though it does not have the form that was asked for. */
const answersFreely = (reply: ChatReply): boolean =>
  holdsThoughts(reply.text) ||
  (reply.reasoning ?? '') !== '' ||
  (parseWindows(reply.text) === null && readReflect(reply).kind !== 'unreadable')

/** What the model says of frames shown alone. */
const lookAt = Effect.fnUntraced(function* (
  shown: Clip,
  question: string,
  { sampling, settings }: { readonly sampling: ChatSampling; readonly settings: BoundaryReflectionSettings },
) {
  const model = yield* VisionLanguageModel
  const alone = ask(shown, question)
  const chosen = settings.reasons ? null : yield* model.choose(alone, verifyReplies)
  const logProbs = chosen === null ? null : ([finite(chosen[0]!), finite(chosen[1]!)] as const)
  // Where the log-probabilities say nothing, the share of yes votes stands in for P(yes).
  const checks =
    logProbs === null || !holdsMass(logProbs, settings.mass)
      ? yield* model.chat({
          messages: alone,
          sampling: { ...sampling, maxTokens: settings.verifyTokens, n: Math.max(4, settings.votes) },
          ...reasoningOf(settings),
          ...guidedBy(settings, replyForm(verifyPattern, settings)),
        })
      : []
  const look: Look = { times: Array.from(shown.times), logProbs, replies: checks.map(recordReply) }
  return look
})

/**
 * BRA: does the query also hold outside the annotated windows? Of a grounded question: is its right answer shown
 * elsewhere too? Reflect proposes, verify checks each proposal alone.
 */
export const boundaryReflection: Agent<BoundaryReflectionSettings, BoundaryReflectionEvidence, null> = {
  name: 'boundary-reflection',
  command: 'bra',
  tasks: ['grounding', 'grounded-qa'],
  promptVersion,
  defaults: (profile) => ({
    ...lookOf(profile, 'grounding'),
    verifyTokens: replyPlan(profile, 'verification').maxTokens,
  }),
  settings: settingsSchema,
  evidence: evidenceSchema,
  columns: {
    verdict: { type: 'VARCHAR', comment: 'complete, partial or uncertain', text: 'repeats' },
    criterion: {
      type: 'VARCHAR',
      comment: 'the failed criterion: exhaustive, readable, placed or verified',
      text: 'repeats',
    },
    score: { type: 'DOUBLE', comment: 'score of incompleteness, 0 to 1' },
    elsewhere: {
      type: 'DOUBLE',
      comment: 'P(the query also holds elsewhere) from the reflect question alone',
    },
    proposals: { type: 'DOUBLE[][]', comment: 'windows proposed, seconds' },
    votes: { type: 'INTEGER[]', comment: 'replies that made each proposal' },
    p_yes: { type: 'DOUBLE[]', comment: 'P(yes) of each proposal shown alone; null where unreadable' },
    verified: { type: 'DOUBLE[][]', comment: 'proposals accepted, seconds' },
    frame_times: { type: 'DOUBLE[]', comment: 'times of the frames shown, seconds', bulky: true },
  },
  prepare: () => null,
  unfit: (sample) => (sample.windows === null ? 'no annotated windows' : null),
  investigate: Effect.fn('BoundaryReflection.investigate')(function* (
    sample: Sample,
    clip: Clip,
    settings: BoundaryReflectionSettings,
  ) {
    const model = yield* VisionLanguageModel
    const annotated = sample.windows ?? []
    const duration = clip.info.duration
    const margin = { seconds: settings.marginSeconds, share: settings.marginShare }
    const hidden = annotated.length === 0 ? [] : reflectHidden(annotated, duration, margin)
    const visible =
      annotated.length === 0 ? clip : maskClip(clip, reflectView(annotated, duration, margin), 'blank')
    const query = evidenceQuery(sample)
    const question = reflectQuestion(query, annotated, settings)
    const messages = ask(visible, question)
    const sampling: ChatSampling = {
      ...greedy(settings.maxTokens),
      greedy: false,
      greedyFirst: true,
      temperature: settings.temperature,
      seed: hash32(`${settings.seed}\u0000reflect\u0000${sample.id}`),
      n: settings.votes,
    }
    const spoken = yield* model.chat({
      messages,
      sampling,
      ...reasoningOf(settings),
      ...guidedBy(settings, formOf({ ...sample, task: 'grounding' }, settings)),
    })
    const replies = spoken.map(recordReply)
    const none = yield* noneLogProb(messages, spoken[0], settings.reasons)
    const proposals = poolProposals(
      replies.map((reply) => readProposals(reply, hidden, duration, settings.minLength)),
      settings.voteShare,
    ).slice(0, settings.maxProposals)
    const tiles = scanTiles(
      Windows.complement(hidden, [0, duration]),
      settings.scanSeconds,
      settings.minLength,
    ).map((window) => ({ window, votes: 0 }))
    const check = verifyQuestion(query, settings)
    const paddings = [settings.padSeconds, ...(settings.paddings ?? [])]
    const looks = (window: Window) =>
      Effect.forEach(
        paddings,
        (padding) =>
          lookAt(showAlone(clip, verifyView(window, duration, padding)), check, { sampling, settings }),
        { concurrency: 'unbounded' },
      )
    const verify = yield* Effect.forEach(
      [...proposals, ...tiles],
      ({ window, votes }) =>
        Effect.map(looks(window), ([first, ...further]) => ({
          ...{ window, votes, question: check, ...first! },
          ...(further.length === 0 ? {} : { further }),
        })),
      { concurrency: 'unbounded' },
    )
    const reference =
      settings.reference === true && annotated.length > 0
        ? yield* Effect.forEach(annotated, looks, { concurrency: 'unbounded' })
        : null
    return {
      duration,
      times: Array.from(clip.times),
      hidden,
      reflect: { question, replies, noneLogProb: none },
      verify,
      ...(reference === null ? {} : { reference: reference.flat() }),
    }
  }),
  readings: ({ reflect, verify, reference = [] }) => [
    ...reflect.replies.map((reply) => ({ reply: replyOf(reply), reading: readReflect(reply) })),
    ...[...verify, ...verify.flatMap(({ further = [] }) => further), ...reference].flatMap(({ replies }) =>
      replies.map((reply) => ({ reply: replyOf(reply), reading: readVerify(reply) })),
    ),
  ],
  decide,
}

export * from './decide.ts'
export * from './parse.ts'
export * from './prompt.ts'
export type { BoundaryReflectionEvidence, BoundaryReflectionSettings } from './settings.ts'
export * from './view.ts'
