import { Effect } from 'effect'
import { hash32, VideoError, Windows } from '../core/index.ts'
import type { Completion, EngineService } from '../engine/index.ts'
import { type Composition, targetOf } from '../rewards/index.ts'
import { answerOf, parseWindows } from '../tasks/index.ts'
import { isConstant } from './advantages.ts'
import type { TrainingItem } from './data.ts'
import type { GrpoOptions } from './options.ts'
import type { PreparedPrompt, PromptSource } from './prompts.ts'

/** One completion with what it earned. */
export interface ScoredRollout {
  readonly tokens: ReadonlyArray<number>
  readonly text: string
  /** Log-probabilities as sampled; empty for an injected annotation. */
  readonly logProbs: ReadonlyArray<number>
  readonly finish: 'stop' | 'length' | 'annotation'
  readonly reward: number
  readonly scores: { readonly [name: string]: number }
  /** IoU of the answered with the annotated windows as sets of time, 0 where unread; the reward where nothing is grounded. */
  readonly iou: number
  readonly parsed: boolean
}

/** The rollouts of one prompt. */
export interface RolloutGroup {
  readonly item: TrainingItem
  readonly prepared: PreparedPrompt
  readonly ratio: number
  readonly rollouts: ReadonlyArray<ScoredRollout>
}

/** Rewards one completion's text. */
export const scoreText = (
  rewards: Composition,
  item: TrainingItem,
  prepared: Pick<PreparedPrompt, 'duration'>,
  text: string,
): Pick<ScoredRollout, 'reward' | 'scores' | 'iou' | 'parsed'> => {
  const { scores, total } = rewards.score(text, targetOf(item.sample, prepared.duration))
  if (item.sample.task !== 'grounding') return { scores, reward: total, iou: total, parsed: total > 0 }
  const windows = parseWindows(text)
  const iou = windows === null ? 0 : Windows.setIou(windows, item.sample.windows ?? [])
  return { scores, reward: total, iou, parsed: windows !== null }
}

const scored =
  (rewards: Composition, item: TrainingItem, prepared: PreparedPrompt) =>
  (rollout: Completion): ScoredRollout => ({
    tokens: rollout.tokens,
    text: rollout.text,
    logProbs: rollout.logProbs,
    finish: rollout.finish,
    ...scoreText(rewards, item, prepared, rollout.text),
  })

/** Puts the annotation in place of the last rollout, where the option asks for it and the sample has one. */
export const inject = (
  group: RolloutGroup,
  mode: GrpoOptions['inject'],
  rewards: Composition,
  source: PromptSource,
): RolloutGroup => {
  const failed = group.rollouts.every(({ iou }) => iou === 0)
  if (mode === 'none' || (mode === 'failed' && !failed)) return group
  const text = answerOf(group.item.sample)
  if (text === null) return group
  const annotation: ScoredRollout = {
    tokens: source.encode(text),
    text,
    logProbs: [],
    finish: 'annotation',
    ...scoreText(rewards, group.item, group.prepared, text),
  }
  return { ...group, rollouts: [...group.rollouts.slice(0, -1), annotation] }
}

/** Whether a group prefers none of its completions. */
export const isConstantGroup = ({
  rollouts,
}: {
  readonly rollouts: ReadonlyArray<Pick<ScoredRollout, 'reward'>>
}): boolean => isConstant(rollouts.map(({ reward }) => reward))

export interface Batch {
  readonly groups: ReadonlyArray<RolloutGroup>
  /** Videos that could not be read; their samples are left out of the step. */
  readonly unreadable: ReadonlyArray<VideoError>
  readonly seconds: { readonly prepare: number; readonly generate: number; readonly reward: number }
}

/** Samples and scores the rollouts of some items. `round` tells apart the refills of a step. */
export const rollOut = Effect.fnUntraced(function* (context: {
  readonly engine: EngineService
  readonly source: PromptSource
  readonly rewards: Composition
  readonly options: GrpoOptions
  readonly items: ReadonlyArray<TrainingItem>
  readonly ratioOf: (item: TrainingItem) => number
  readonly step: number
  readonly round: number
}) {
  const { engine, source, rewards, options, step, round } = context
  const start = performance.now()
  const prepared = yield* Effect.forEach(
    context.items,
    (item) => {
      const ratio = context.ratioOf(item)
      return source.prepare(item, ratio).pipe(
        Effect.map((ready) => ({ item, ratio, ready })),
        Effect.catchTag('VideoError', (error) => Effect.succeed(error)),
      )
    },
    { concurrency: 4 },
  )
  const ready = prepared.filter((entry) => 'ready' in entry)
  const unreadable = prepared.filter((entry) => entry instanceof VideoError)
  const afterPrepare = performance.now()
  const sampled =
    ready.length === 0
      ? []
      : yield* engine.generate(
          ready.map(({ ready: { prompt } }) => prompt),
          {
            ...options.sampling,
            stop: [],
            n: options.group,
            seed: hash32(['rollout', options.seed, step, round].join('/')),
          },
        )
  const afterGenerate = performance.now()
  const groups = ready.map(({ item, ratio, ready: one }, index): RolloutGroup => {
    const rollouts = sampled[index]!.map(scored(rewards, item, one))
    return inject({ item, prepared: one, ratio, rollouts }, options.inject, rewards, source)
  })
  const batch: Batch = {
    groups,
    unreadable,
    seconds: {
      prepare: (afterPrepare - start) / 1000,
      generate: (afterGenerate - afterPrepare) / 1000,
      reward: (performance.now() - afterGenerate) / 1000,
    },
  }
  return batch
})
