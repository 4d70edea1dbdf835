import { Effect } from 'effect'
import { fitPrior, type PriorWindow, type Sample } from '../../core/index.ts'
import { recordReply, replyOf, unaskable } from '../../tasks/index.ts'
import type { Clip } from '../../video/index.ts'
import { type Agent, lookOf } from '../agent.ts'
import { tries } from '../tries.ts'
import { decide } from './decide.ts'
import { readRollout } from './parse.ts'
import { askedTask, difficultyQuestion, promptVersion } from './prompt.ts'
import {
  type DifficultyEvidence,
  type DifficultySettings,
  evidenceSchema,
  settingsSchema,
} from './settings.ts'

/** DEA: how well does the model ground the query, or answer and ground the question, without training? */
export const difficultyEstimation: Agent<DifficultySettings, DifficultyEvidence, PriorWindow> = {
  name: 'difficulty-estimation',
  command: 'dea',
  tasks: ['grounding', 'grounded-qa'],
  promptVersion,
  defaults: (profile) => ({
    ...lookOf(profile, 'grounding'),
    ...profile.sampling,
  }),
  settings: settingsSchema,
  evidence: evidenceSchema,
  columns: {
    difficulty: {
      type: 'DOUBLE',
      comment: '1 - mean IoU; of a grounded question, a wrong option has IoU 0',
    },
    band: { type: 'VARCHAR', comment: 'easy, medium or hard', text: 'repeats' },
    mean_iou: { type: 'DOUBLE', comment: 'mean IoU of the rollouts, 0 where one cannot be read' },
    max_iou: { type: 'DOUBLE', comment: 'largest IoU of a rollout' },
    sd_iou: { type: 'DOUBLE', comment: 'standard deviation of the IoUs' },
    greedy_iou: { type: 'DOUBLE', comment: 'IoU of the greedy rollout' },
    pass_rate: { type: 'DOUBLE', comment: 'share of the rollouts that pass' },
    parse_rate: { type: 'DOUBLE', comment: 'share of the rollouts that can be read' },
    answer_difficulty: {
      type: 'DOUBLE',
      comment: 'share of the rollouts with a wrong option; grounded questions only',
    },
    ground_difficulty: { type: 'DOUBLE', comment: '1 - mean IoU; grounded questions only' },
    hard_at: {
      type: 'VARCHAR',
      comment: 'where a grounded question is hard: neither, answer, grounding or both',
      text: 'repeats',
    },
    prior_iou: { type: 'DOUBLE', comment: 'IoU of the best constant window, without any video' },
    ious: { type: 'DOUBLE[]', comment: 'IoU of each rollout; the first is greedy' },
    frame_times: { type: 'DOUBLE[]', comment: 'times of the frames shown, seconds', bulky: true },
  },
  prepare: fitPrior,
  unfit: (sample) => {
    if (sample.windows === null) return 'no annotated windows'
    if (askedTask(sample) === 'grounding') return null
    return sample.answer === undefined ? 'no annotated answer' : unaskable(sample)
  },
  investigate: Effect.fn('DifficultyEstimation.investigate')(function* (
    sample: Sample,
    clip: Clip,
    settings: DifficultySettings,
    prior: PriorWindow,
  ) {
    const duration = clip.info.duration
    const task = askedTask(sample)
    const question = difficultyQuestion(sample, settings)
    const replies = yield* tries(
      { clip, question, sample: { ...sample, task }, purpose: 'rollouts', n: settings.rollouts },
      settings,
    )
    return {
      duration,
      times: Array.from(clip.times),
      question,
      ...(task === 'grounding'
        ? {}
        : { task, ...(sample.options === undefined ? {} : { options: sample.options }) }),
      replies: replies.map(recordReply),
      prior: [prior.start * duration, prior.end * duration] as const,
    }
  }),
  readings: (evidence) =>
    evidence.replies.map((reply) => ({ reply: replyOf(reply), reading: readRollout(reply, evidence) })),
  decide,
}

export * from './decide.ts'
export * from './hard-at.ts'
export * from './parse.ts'
export * from './prompt.ts'
export type { DifficultyEvidence, DifficultySettings } from './settings.ts'
