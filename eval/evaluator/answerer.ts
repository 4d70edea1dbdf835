import { Effect } from 'effect'
import { z } from 'zod'
import { type Agent, replySchema, styleShape, viewShape } from '../../agents/index.ts'
import type { Sample } from '../../core/index.ts'
import { greedy, type ModelProfile, replyPlan, VisionLanguageModel } from '../../models/index.ts'
import {
  ask,
  dialectVersion,
  formOf,
  guidedBy,
  questionOf,
  readReply,
  recordReply,
  replyOf,
  taskSchema,
  tasks,
} from '../../tasks/index.ts'
import type { Clip } from '../../video/index.ts'

const { dialect } = styleShape

const plan = z.object({
  /** Whether the prompt asks for reasoning. */
  ask: z.boolean(),
  /** The reasoning switch of the model's chat template; null if it has none. */
  enable: z.boolean().nullable(),
  maxTokens: z.int().positive(),
})

/**
 * Everything that a reply depends on apart from the sample and the model; part of the key under which replies are
 * stored.
 */
export const answerSettings = z.strictObject({
  ...viewShape,
  dialect,
  /** Constrains replies to the answer format, on servers that support it. */
  guided: z.boolean(),
  /** How each task is asked for. */
  plans: z.record(taskSchema, plan),
  /** What is evaluated on, with the SHA-256 of its annotation files by name; null for a validation inside a run. */
  benchmark: z
    .object({ suite: z.string(), split: z.string(), files: z.record(z.string(), z.string()) })
    .nullable()
    .default(null),
})
export type AnswerSettings = z.output<typeof answerSettings>

/** The settings that a model's profile says. */
export const answerDefaults = (
  profile: ModelProfile,
  benchmark: AnswerSettings['benchmark'] = null,
): AnswerSettings => {
  const { fps, frames, minFrames, maxPixels, visionTokens } = profile.view
  return answerSettings.parse({
    ...{ fps, frames, minFrames, maxPixels, visionTokens },
    ...{ dialect: profile.dialect, guided: profile.guided, benchmark },
    plans: Object.fromEntries(
      tasks.map((task) => {
        const { ask: asks, enable, maxTokens } = replyPlan(profile, task)
        return [task, { ask: asks, enable, maxTokens }]
      }),
    ),
  })
}

export const answerEvidence = z.object({
  duration: z.number(),
  /** True times of the frames shown, seconds. */
  times: z.array(z.number()).readonly(),
  task: taskSchema,
  options: z.array(z.string()).exactOptional(),
  question: z.string(),
  reply: replySchema,
})
export type AnswerEvidence = z.output<typeof answerEvidence>

/**
 * Asks the question of a sample, greedily, and records the reply. Suites score the replies afterwards, so that a
 * corrected metric needs no new request.
 */
export const answerer: Agent<AnswerSettings, AnswerEvidence, null> = {
  name: 'evaluation',
  command: 'eval',
  tasks,
  promptVersion: ({ dialect }) => dialectVersion(dialect),
  defaults: answerDefaults,
  settings: answerSettings,
  evidence: answerEvidence,
  columns: {
    reply: { type: 'VARCHAR', comment: 'raw reply of the model', bulky: true },
    finish: { type: 'VARCHAR', comment: 'stop, or length where it was cut off', text: 'repeats' },
    frame_times: { type: 'DOUBLE[]', comment: 'times of the frames shown, seconds', bulky: true },
  },
  prepare: () => null,
  unfit: () => null,
  investigate: Effect.fn('Evaluation.investigate')(function* (
    sample: Sample,
    clip: Clip,
    settings: AnswerSettings,
  ) {
    const model = yield* VisionLanguageModel
    const { task, options } = sample
    const { ask: think, enable, maxTokens } = settings.plans[task]!
    const style = { dialect: settings.dialect, think }
    const question = questionOf(sample, style)
    const [reply] = yield* model.chat({
      messages: ask(clip, question),
      sampling: greedy(maxTokens),
      ...(enable === null ? {} : { think: enable }),
      ...guidedBy(settings, formOf(sample, style)),
    })
    return {
      duration: clip.info.duration,
      times: Array.from(clip.times),
      task,
      ...(options === undefined ? {} : { options: [...options] }),
      question,
      reply: recordReply(reply!),
    }
  }),
  readings: (seen) => [{ reply: replyOf(seen.reply), reading: readReply(seen, seen.reply) }],
  decide: (_sample, { reply, times }) => {
    const { text, finish } = replyOf(reply)
    return { outcome: 'kept', reason: null, columns: { reply: text, finish, frame_times: times } }
  },
}
