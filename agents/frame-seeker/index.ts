import { Effect } from 'effect'
import { isAboutImage, type Sample } from '../../core/index.ts'
import { budgetOf, greedy, ModelError, type ModelProfile, VisionLanguageModel } from '../../models/index.ts'
import { guidedBy, readReply, recordReply, replyOf } from '../../tasks/index.ts'
import { type Clip, type Media, Videos } from '../../video/index.ts'
import { type Agent, lookOf, reasoningOf } from '../agent.ts'
import { candidateCount, startFrames } from './candidates.ts'
import { framesUsed, openConversation, proceed, turnOf } from './conversation.ts'
import { promptVersion, seekForm } from './prompt.ts'
import { evidenceSchema, type SeekEvidence, type SeekSettings, settingsSchema } from './settings.ts'
import { type AskedRound, frameContent, layoutOf, roundMessages } from './show.ts'

export * from './candidates.ts'
export * from './conversation.ts'
export * from './gold.ts'
export * from './prompt.ts'
export {
  evidenceSchema as seekEvidence,
  type SeekEvidence,
  type SeekSettings,
  seekShape,
} from './settings.ts'
export * from './show.ts'

/** What decoded frames must contain: a server that reads files itself cannot be sent single frames of one. */
const mediaOf = (media: Media): Media => (media.kind === 'file' ? { kind: 'jpeg', quality: 85 } : media)

/** The settings that a model's profile says; `frames`, the most of a round, are the profile's too. */
export const seekDefaults = (profile: ModelProfile) => {
  const { fps, frames, minFrames, maxPixels, visionTokens, ...look } = lookOf(profile, 'choice')
  const { dialect, think, reasoning, maxTokens, guided } = look
  return {
    ...{ fps, frames, minFrames, maxPixels, visionTokens },
    ...{ dialect, think, reasoning, maxTokens, guided },
  }
}

/**
 * Seeks the frames that show the answer to a multiple-choice question: shows a few, and as long as the model asks for
 * others and rounds are left, shows those. Greedy; records every round.
 */
export const frameSeeker: Agent<SeekSettings, SeekEvidence, null, VisionLanguageModel | Videos> = {
  name: 'frame-seeking',
  command: 'eval',
  tasks: ['choice'],
  promptVersion,
  defaults: seekDefaults,
  settings: settingsSchema,
  evidence: evidenceSchema,
  columns: {
    reply: { type: 'VARCHAR', comment: 'raw reply of the last round', bulky: true },
    ending: { type: 'VARCHAR', comment: 'why the conversation ended', text: 'repeats' },
    rounds: { type: 'INTEGER', comment: 'rounds used' },
    frames: { type: 'INTEGER', comment: 'different frames shown' },
  },
  decodes: true,
  prepare: () => null,
  unfit: (sample) =>
    isAboutImage(sample)
      ? 'an image has no other frames to ask for'
      : sample.options === undefined
        ? 'no options to choose from'
        : null,
  investigate: Effect.fn('FrameSeeking.investigate')(function* (
    sample: Sample,
    { info }: Clip,
    settings: SeekSettings,
  ) {
    const model = yield* VisionLanguageModel
    const videos = yield* Videos
    const layout = layoutOf(model.profile, model.media)
    const { framesPerToken } = model.profile.view
    const style = { dialect: settings.dialect, think: settings.think, labels: settings.labels }
    const options = sample.options ?? []
    const question = { question: sample.query, options }
    const total = candidateCount(info)
    const framesAt = (seconds: ReadonlyArray<number>) =>
      videos
        .clip(
          info.path,
          { kind: 'times', times: seconds },
          budgetOf(settings, model.profile.view),
          mediaOf(model.media),
        )
        .pipe(
          Effect.mapError(
            ({ message }) =>
              new ModelError({
                model: model.identity.model,
                problem: message,
                retryable: false,
                kind: 'video',
              }),
          ),
        )
    const first = startFrames(settings.start, total, settings.frames, settings.seed, sample.id)
    let conversation = openConversation(total, first)
    /** Earlier rounds of a growing conversation. */
    let before: ReadonlyArray<AskedRound> = []
    const replies: Array<SeekEvidence['rounds'][number]['reply']> = []
    for (;;) {
      const turn = turnOf(conversation, settings)
      const content = frameContent(yield* framesAt(turn.shown), layout, framesPerToken)
      const [reply] = yield* model.chat({
        messages: roundMessages(question, [...before, { turn, content }], style),
        sampling: greedy(settings.maxTokens),
        ...reasoningOf(settings),
        ...guidedBy(settings, seekForm(question, turn, style)),
      })
      replies.push(recordReply(reply!))
      if (settings.mode === 'growing') before = [...before, { turn, content, reply: reply!.text }]
      const step = proceed(conversation, reply!, settings)
      if (step.kind === 'end') {
        const evidence: SeekEvidence = {
          duration: info.duration,
          total,
          options: [...options],
          rounds: conversation.rounds.map((round, index) => ({ ...round, reply: replies[index]! })),
          ending: step.ending,
        }
        return evidence
      }
      conversation = step.conversation
    }
  }),
  readings: (evidence) => {
    const { reply } = evidence.rounds.at(-1)!
    return [
      { reply: replyOf(reply), reading: readReply({ task: 'choice', options: evidence.options }, reply) },
    ]
  },
  decide: (_sample, evidence) => ({
    outcome: 'kept',
    reason: null,
    columns: {
      reply: replyOf(evidence.rounds.at(-1)!.reply).text,
      ending: evidence.ending,
      rounds: evidence.rounds.length,
      frames: framesUsed(evidence).different,
    },
  }),
}
