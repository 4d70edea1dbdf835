import { Effect } from 'effect'
import type { Ending } from '../agents/index.ts'
import { type EngineError, hash32, type InputError, type VideoError } from '../core/index.ts'
import type { Completion, EngineService } from '../engine/index.ts'
import type { ProcessedPrompt } from '../engine/processor/index.ts'
import { type Composition, targetOf } from '../rewards/index.ts'
import { answerOf, readingIou, readReply, solvedShare, specOf, thoughtsIn } from '../tasks/index.ts'
import { isConstant } from './advantages.ts'
import { isShuffled, shuffledGroup, withBonuses } from './bonuses.ts'
import type { TrainingItem } from './data.ts'
import type { GrpoOptions } from './options.ts'
import { overlongPenalty } from './presets.ts'
import type { PreparedPrompt, PromptSource } from './prompts.ts'
import type { Skipped } from './skipped.ts'

/** One reply of a conversation about frames. */
export interface RolloutTurn {
  /** What it answers. */
  readonly prompt: ProcessedPrompt
  /** Seconds of the frames of its round. */
  readonly shown: ReadonlyArray<number>
  readonly tokens: ReadonlyArray<number>
  readonly text: string
  readonly logProbs: ReadonlyArray<number>
  readonly finish: 'stop' | 'length'
}

/** One completion with what it earned; of a conversation, all of its replies together, `text` being the last. */
export interface ScoredRollout {
  readonly tokens: ReadonlyArray<number>
  readonly text: string
  /** Log-probabilities as sampled; empty for an injected annotation. */
  readonly logProbs: ReadonlyArray<number>
  readonly finish: 'stop' | 'length' | 'annotation'
  readonly reward: number
  readonly scores: { readonly [name: string]: number }
  /** IoU of the answered with the annotated windows as sets of time, 0 where unread; null where nothing is grounded. */
  readonly iou: number | null
  /** How well it solves its sample, in [0, 1]; see `solvedShare`. */
  readonly solved: number
  /** Tokens of its thoughts, tags included. */
  readonly thought: number
  /** Whether the reply could be read as an answer to its question, or as `none`. */
  readonly parsed: boolean
  /** The replies of a conversation, and why it ended. */
  readonly turns?: ReadonlyArray<RolloutTurn>
  readonly ending?: Ending
}

/** The rollouts of one prompt. */
export interface RolloutGroup {
  readonly item: TrainingItem
  readonly prepared: PreparedPrompt
  readonly ratio: number
  readonly rollouts: ReadonlyArray<ScoredRollout>
}

/** Rewards one completion's text; `parsed`, `iou` and `solved` are of its strict reading, whatever the rewards look at. */
export const scoreText = (
  rewards: Composition,
  item: TrainingItem,
  prepared: Pick<PreparedPrompt, 'duration'>,
  text: string,
): Pick<ScoredRollout, 'reward' | 'scores' | 'iou' | 'solved' | 'parsed'> => {
  const { sample } = item
  const { scores, total } = rewards.score(text, targetOf(sample, prepared.duration))
  const reading = readReply(sample, text, 'strict')
  const iou = specOf(sample).grounded ? readingIou(reading, sample.windows ?? [], prepared.duration) : null
  const solved = solvedShare(sample, reading, prepared.duration)
  return { scores, reward: total, iou, solved, parsed: reading.kind !== 'unreadable' }
}

/** Tokens of the thoughts in a reply, without the end token. */
export const thoughtTokens = (text: string, { encode }: Pick<PromptSource, 'encode'>): number => {
  const thoughts = thoughtsIn(text)
  return thoughts === '' ? 0 : encode(thoughts).length - encode('').length
}

const scored =
  (
    { rewards, options, source }: Pick<RollContext, 'rewards' | 'options' | 'source'>,
    item: TrainingItem,
    prepared: PreparedPrompt,
  ) =>
  (rollout: Completion): ScoredRollout => {
    const { reward, ...rest } = scoreText(rewards, item, prepared, rollout.text)
    const { maxTokens } = options.sampling
    return {
      tokens: rollout.tokens,
      text: rollout.text,
      logProbs: rollout.logProbs,
      finish: rollout.finish,
      thought: Math.min(rollout.tokens.length, thoughtTokens(rollout.text, source)),
      ...rest,
      reward: reward + overlongPenalty(rollout.tokens.length, maxTokens, options.overlong),
    }
  }

/** Puts the annotation in place of the last rollout, where the option asks for it and the sample has one. */
export const inject = (
  group: RolloutGroup,
  mode: GrpoOptions['inject'],
  rewards: Composition,
  source: PromptSource,
): RolloutGroup => {
  const failed = group.rollouts.every(({ solved }) => solved <= 0)
  if (mode === 'none' || (mode === 'failed' && !failed)) return group
  const text = answerOf(group.item.sample)
  if (text === null) return group
  const annotation: ScoredRollout = {
    tokens: source.encode(text),
    text,
    logProbs: [],
    finish: 'annotation',
    thought: thoughtTokens(text, source),
    ...scoreText(rewards, group.item, group.prepared, text),
  }
  return { ...group, rollouts: [...group.rollouts.slice(0, -1), annotation] }
}

/** The policy's own rollouts of a group: injected annotations do not count. */
export const sampledOf = <A extends Pick<ScoredRollout, 'finish'>>(
  rollouts: ReadonlyArray<A>,
): ReadonlyArray<A> => rollouts.filter(({ finish }) => finish !== 'annotation')

/** Whether a group prefers none of its completions. */
export const isConstantGroup = ({
  rollouts,
}: {
  readonly rollouts: ReadonlyArray<Pick<ScoredRollout, 'reward'>>
}): boolean => isConstant(rollouts.map(({ reward }) => reward))

export interface Batch {
  readonly groups: ReadonlyArray<RolloutGroup>
  /** Why samples were left out of the step: their video cannot be read, or their prompt not made. */
  readonly unreadable: ReadonlyArray<VideoError | InputError | EngineError>
  readonly seconds: { readonly prepare: number; readonly generate: number; readonly reward: number }
}

/** What sampling the rollouts of a step needs. */
export interface RollContext {
  readonly engine: EngineService
  readonly source: PromptSource
  readonly rewards: Composition
  readonly options: GrpoOptions
  readonly items: ReadonlyArray<TrainingItem>
  readonly ratioOf: (item: TrainingItem) => number
  readonly step: number
  readonly round: number | 'masked'
  readonly skip: Skipped
}

/** Samples and scores the rollouts of some items. `round` tells apart the batches of a step. */
export const rollOut = Effect.fnUntraced(function* (context: RollContext) {
  const { engine, source, rewards, options, step, round } = context
  const seed = hash32(['rollout', options.seed, step, round].join('/'))
  const start = performance.now()
  const prepared = yield* Effect.forEach(
    context.items,
    (item) => {
      const ratio = context.ratioOf(item)
      return Effect.all({
        ready: source.prepare(item, ratio),
        shuffled: isShuffled(options, item) ? source.prepare(item, ratio, seed) : Effect.succeed(null),
      }).pipe(
        Effect.map((prompts) => ({ item, ratio, ...prompts })),
        context.skip(item),
      )
    },
    { concurrency: 4 },
  )
  const ready = prepared.filter((entry) => 'ready' in entry)
  const unreadable = prepared.flatMap((entry) => ('ready' in entry ? [] : [entry]))
  const afterPrepare = performance.now()
  const sample = (prompts: ReadonlyArray<ProcessedPrompt>, n: number, part: number) =>
    prompts.length === 0
      ? Effect.succeed([])
      : engine.generate(prompts, { ...options.sampling, stop: [], n, seed: part })
  const sampled = yield* sample(
    ready.map((one) => one.ready.prompt),
    options.group,
    seed,
  )
  const compared = ready.flatMap(({ shuffled }, index) =>
    shuffled === null ? [] : [{ index, prompt: shuffled.prompt }],
  )
  const disordered = yield* sample(
    compared.map(({ prompt }) => prompt),
    shuffledGroup(options.group),
    hash32(`${seed}/shuffled`),
  )
  const shuffledOf = new Map(compared.map(({ index }, place) => [index, disordered[place]!]))
  const afterGenerate = performance.now()
  const groups = ready.map(({ item, ratio, ready: one }, index): RolloutGroup => {
    const score = scored(context, item, one)
    const [accuracy = ''] = rewards.namesOf(item.sample.task)
    const rollouts = withBonuses(
      sampled[index]!.map(score),
      shuffledOf.get(index)?.map(score) ?? null,
      ({ scores }) => scores[accuracy] ?? 0,
      options,
    )
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
