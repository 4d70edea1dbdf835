import { Effect } from 'effect'
import { fitPrior, hash32, type PriorWindow, type Sample } from '../../core/index.ts'
import { VisionLanguageModel } from '../../models/index.ts'
import { ask, formOf, guidedBy, recordReply, replyOf } from '../../tasks/index.ts'
import type { Clip } from '../../video/index.ts'
import { type Agent, lookOf, reasoningOf } from '../agent.ts'
import { decide } from './decide.ts'
import { readRollout } from './parse.ts'
import { difficultyQuestion, promptVersion } from './prompt.ts'
import {
  type DifficultyEvidence,
  type DifficultySettings,
  evidenceSchema,
  settingsSchema,
} from './settings.ts'

/** DEA: how well does the model ground the query without training? */
export const difficultyEstimation: Agent<DifficultySettings, DifficultyEvidence, PriorWindow> = {
  name: 'difficulty-estimation',
  command: 'dea',
  promptVersion,
  defaults: (profile) => ({
    ...lookOf(profile, 'grounding'),
    ...profile.sampling,
  }),
  settings: settingsSchema,
  evidence: evidenceSchema,
  columns: {
    difficulty: { type: 'DOUBLE', comment: '1 - mean IoU' },
    band: { type: 'VARCHAR', comment: 'easy, medium or hard', text: 'repeats' },
    mean_iou: { type: 'DOUBLE', comment: 'mean IoU of the rollouts, 0 where one cannot be read' },
    max_iou: { type: 'DOUBLE', comment: 'largest IoU of a rollout' },
    sd_iou: { type: 'DOUBLE', comment: 'standard deviation of the IoUs' },
    greedy_iou: { type: 'DOUBLE', comment: 'IoU of the greedy rollout' },
    pass_rate: { type: 'DOUBLE', comment: 'share of the rollouts that pass' },
    parse_rate: { type: 'DOUBLE', comment: 'share of the rollouts that can be read' },
    prior_iou: { type: 'DOUBLE', comment: 'IoU of the best constant window, without any video' },
    ious: { type: 'DOUBLE[]', comment: 'IoU of each rollout; the first is greedy' },
    frame_times: { type: 'DOUBLE[]', comment: 'times of the frames shown, seconds', bulky: true },
  },
  prepare: fitPrior,
  unfit: (sample) => (sample.windows === null ? 'no annotated windows' : null),
  investigate: Effect.fn('DifficultyEstimation.investigate')(function* (
    sample: Sample,
    clip: Clip,
    settings: DifficultySettings,
    prior: PriorWindow,
  ) {
    const model = yield* VisionLanguageModel
    const duration = clip.info.duration
    const question = difficultyQuestion(sample.query, settings)
    const replies = yield* model.chat({
      messages: ask(clip, question),
      sampling: {
        temperature: settings.temperature,
        topP: settings.topP,
        topK: settings.topK,
        maxTokens: settings.maxTokens,
        stop: [],
        seed: hash32(`${settings.seed}\u0000rollouts\u0000${sample.id}`),
        greedyFirst: true,
        n: settings.rollouts,
      },
      ...reasoningOf(settings),
      ...guidedBy(settings, formOf({ ...sample, task: 'grounding' }, settings)),
    })
    return {
      duration,
      times: Array.from(clip.times),
      question,
      replies: replies.map(recordReply),
      prior: [prior.start * duration, prior.end * duration] as const,
    }
  }),
  readings: ({ replies }) => replies.map((reply) => ({ reply: replyOf(reply), reading: readRollout(reply) })),
  decide,
}

export * from './decide.ts'
export * from './parse.ts'
export * from './prompt.ts'
export type { DifficultyEvidence, DifficultySettings } from './settings.ts'
