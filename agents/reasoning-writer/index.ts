import { Effect } from 'effect'
import { isAboutImage, type Sample } from '../../core/index.ts'
import { replyPlan } from '../../models/index.ts'
import { cycleSeconds, cyclesProblem, readReply, recordReply, replyOf } from '../../tasks/index.ts'
import type { Clip } from '../../video/index.ts'
import { type Agent, lookOf } from '../agent.ts'
import { tries } from '../tries.ts'
import { decide } from './decide.ts'
import { promptVersion, reasoningQuestion } from './prompt.ts'
import { evidenceSchema, type ReasoningEvidence, type ReasoningSettings, settingsSchema } from './settings.ts'

/** COT: writes chains of thought that lead to annotated counts, and keeps those that agree with the annotation. */
export const reasoningWriter: Agent<ReasoningSettings, ReasoningEvidence, null> = {
  name: 'reasoning-writer',
  command: 'cot',
  tasks: ['counting'],
  promptVersion,
  defaults: (profile) => ({
    ...lookOf(profile, 'counting'),
    // The thoughts are the product: they are asked for in the text, whether or not the model also reasons by itself.
    think: true,
    reasoning: profile.reasoning === 'switch' ? false : null,
    reasons: true,
    maxTokens: replyPlan({ ...profile, think: 'on' }, 'counting').maxTokens,
    // The included checkpoint knows the plain question only.
    truth: profile.dialect !== 'shapes',
    ...profile.sampling,
  }),
  settings: settingsSchema,
  evidence: evidenceSchema,
  columns: {
    cot: { type: 'VARCHAR[]', comment: 'replies kept: thoughts, then the answer' },
    tries: { type: 'INTEGER', comment: 'replies requested' },
    reasons: { type: 'VARCHAR[]', comment: 'of each try: kept, or the rule that it breaks and how' },
    accuracy: { type: 'DOUBLE', comment: 'share of the tries with the annotated count' },
    within_one: { type: 'DOUBLE', comment: 'share of the tries at most one off' },
    cycles: { type: 'DOUBLE[][]', comment: 'annotated cycles, seconds' },
    frame_times: { type: 'DOUBLE[]', comment: 'times of the frames shown, seconds', bulky: true },
  },
  prepare: () => null,
  unfit: (sample) => {
    if (sample.task !== 'counting') return `task ${sample.task}: only counts are reasoned about`
    if (isAboutImage(sample)) return 'image: only repetitions in videos are reasoned about'
    if (sample.answer === undefined) return 'no annotated count'
    if (!/^\d{1,9}$/.test(sample.answer)) return `the count ${sample.answer} is no whole number`
    const problem = cyclesProblem(sample)
    return problem === null ? null : `annotation: ${problem}`
  },
  investigate: Effect.fn('ReasoningWriter.investigate')(function* (
    sample: Sample,
    clip: Clip,
    settings: ReasoningSettings,
  ) {
    const { duration, fps, frames } = clip.info
    const cycles = cycleSeconds(sample, fps)
    const problem = cyclesProblem(sample, frames)
    const question = reasoningQuestion({ ...sample, cycles, truth: settings.truth }, settings)
    const replies =
      problem !== null
        ? []
        : yield* tries({ clip, question, sample, purpose: 'thoughts', n: settings.tries }, settings)
    return {
      ...{ duration, times: Array.from(clip.times), cycles, problem, question },
      replies: replies.map(recordReply),
    }
  }),
  readings: ({ replies }) =>
    replies.map((reply) => ({ reply: replyOf(reply), reading: readReply({ task: 'counting' }, reply) })),
  decide,
}

export * from './check.ts'
export * from './decide.ts'
export * from './prompt.ts'
export type { ReasoningEvidence, ReasoningSettings } from './settings.ts'
