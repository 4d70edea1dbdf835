import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import {
  bandOf,
  defaultBounds,
  draw,
  easeByKey,
  maskRatio,
  rescore,
  startSampler,
} from '../curriculum/index.ts'
import type { EngineService } from '../engine/index.ts'
import { learningRateAt } from '../engine/optimiser/index.ts'
import type { Composition } from '../rewards/index.ts'
import { answerable } from './answerable.ts'
import { candidateOf, type TrainingItem } from './data.ts'
import { samplerOf, samplerStateSchema } from './draws.ts'
import { startPlateau, stopsEarly, watch } from './early-stop.ts'
import { type Hooks, type Loop, runLoop } from './loop.ts'
import { nextCaps, ratioAt, retryRatio, solvedOf, warnUnmasked } from './masking.ts'
import { type GrpoOptions, scheduleOf, stepsOf } from './options.ts'
import { gainsOf, teach } from './policy.ts'
import { poolOf } from './pool.ts'
import type { PromptSource } from './prompts.ts'
import { loggedRollouts } from './rollout-log.ts'
import { type Batch, isConstantGroup, rollOut } from './rollouts.ts'
import type { RunFolder } from './run-folder.ts'
import { rollConversations, type SeekSource, seekSummary, withOptions } from './seek/index.ts'
import { drawShown, makeSkipped } from './skipped.ts'
import { rowOf, summarise } from './step-metrics.ts'

const plateau = z.object({
  steps: z.int(),
  reward: z.number(),
  spread: z.number(),
  bestReward: z.number(),
  markedSpread: z.number(),
  since: z.int(),
})
/** The state of a GRPO run apart from the weights. */
const stateSchema = z.object({
  sampler: samplerStateSchema,
  plateau,
  /** Of the mask schedule `adaptive`. */
  caps: z.record(z.string(), z.number()).readonly().default({}),
})
type State = z.infer<typeof stateSchema>

/** The items with the bands of a curriculum key; those of `score` come with the data. */
export const bandedBy = (
  items: ReadonlyArray<TrainingItem>,
  key: GrpoOptions['key'],
): ReadonlyArray<TrainingItem> => {
  if (key === 'score') return items
  const ease = easeByKey(items.map(candidateOf), key)
  return items.map((item) => {
    const difficulty = 1 - ease.get(item.key)!
    return { ...item, difficulty, band: bandOf(difficulty, defaultBounds) }
  })
}

export interface GrpoRun<E, R> {
  readonly engine: EngineService
  /** The starting model, kept apart; needed where beta > 0. */
  readonly reference?: EngineService
  readonly source: PromptSource
  /** Set where each rollout is a conversation about frames. */
  readonly seek?: SeekSource
  readonly rewards: Composition
  readonly options: GrpoOptions
  readonly items: ReadonlyArray<TrainingItem>
  readonly folder: RunFolder
  readonly hooks?: Hooks<E, R>
}

/** A batch with the groups chosen from it and from a later one, and the time that both took. */
const joined = (batch: Batch, more: Batch, groups: Batch['groups']): Batch => ({
  groups,
  unreadable: [...batch.unreadable, ...more.unreadable],
  seconds: {
    prepare: batch.seconds.prepare + more.seconds.prepare,
    generate: batch.seconds.generate + more.seconds.generate,
    reward: batch.seconds.reward + more.seconds.reward,
  },
})

/**
 * GRPO with the nested mask curriculum. Each step: draw prompts, hide frames of the hard ones, sample G rollouts each,
 * reward them, normalise within groups, update. Writes metrics.jsonl (one row a step), rollouts.jsonl, validation.jsonl and
 * checkpoints into the run folder, and continues from its newest checkpoint.
 */
export const trainGrpo = Effect.fn('trainGrpo')(function* <E = never, R = never>(run: GrpoRun<E, R>) {
  const { engine, source, rewards, options, folder } = run
  if (options.beta > 0 && run.reference === undefined)
    return yield* new InputError({
      subject: 'setting "beta"',
      problem: 'a KL term needs a reference model',
      remedy: 'set a reference engine, or beta to 0',
    })
  const fit = yield* run.seek === undefined ? answerable(run.items) : withOptions(run.items)
  const items = bandedBy(fit, options.key)
  if (run.seek === undefined) yield* warnUnmasked(options, items)
  const skip = makeSkipped()
  const steps = stepsOf(options, items.length, options.prompts)
  const itemOf = poolOf(items)
  const sampler = samplerOf(items, options, options.solvedAbove)
  const roll = (
    ids: ReadonlyArray<string>,
    step: number,
    round: number | 'masked',
    ratioOf: (item: TrainingItem) => number,
  ) => {
    const common = { engine, rewards, options, items: ids.map((id) => itemOf(id)!), step, round, skip }
    return run.seek === undefined
      ? rollOut({ ...common, source, ratioOf })
      : rollConversations({ ...common, source, seek: run.seek })
  }

  const prepare = Effect.fnUntraced(function* (state: State, step: number) {
    const ratioOf = (item: TrainingItem) => ratioAt(options, item, step, steps, state.caps)
    const shown = yield* drawShown(sampler, state.sampler, options.prompts, (ids) =>
      roll(ids, step, 0, ratioOf),
    )
    let { drawn, batch }: { drawn: ReturnType<typeof draw>; batch: Batch } = shown
    const first = batch.groups
    const again = new Map(
      first.flatMap((group) => {
        const ratio = run.seek === undefined ? retryRatio(options, group, step, steps) : 0
        return ratio > 0 ? [[group.item.key, ratio] as const] : []
      }),
    )
    let rescued = 0
    if (again.size > 0) {
      const retried = yield* roll([...again.keys()], step, 'masked', ({ key }) => again.get(key)!)
      const useful = new Map(
        retried.groups.filter((group) => !isConstantGroup(group)).map((group) => [group.item.key, group]),
      )
      rescued = useful.size
      batch = joined(
        batch,
        retried,
        first.map((group) => useful.get(group.item.key) ?? group),
      )
    }
    for (let round = 1; round <= options.refill; round++) {
      const useful = batch.groups.filter((group) => !isConstantGroup(group))
      const missing = drawn.ids.length - useful.length
      if (missing === 0) break
      const next = draw(sampler, drawn.state, missing)
      const used = new Set(batch.groups.map(({ item }) => item.key))
      const fresh = next.ids.filter((id) => !used.has(id))
      drawn = { ids: drawn.ids, state: next.state }
      if (fresh.length === 0) break
      const more = yield* roll(fresh, step, round, ratioOf)
      const found = more.groups.filter((group) => !isConstantGroup(group))
      const constant = batch.groups.filter(isConstantGroup)
      batch = joined(batch, more, [...useful, ...found, ...constant].slice(0, drawn.ids.length))
    }
    return {
      batch,
      sampler: drawn.state,
      retried: again.size / first.length,
      rescued: rescued / Math.max(1, again.size),
      constantBefore: first.filter(isConstantGroup).length / first.length,
    }
  })

  const commit = Effect.fnUntraced(function* (
    state: State,
    plan: Effect.Success<ReturnType<typeof prepare>>,
    step: number,
  ) {
    const start = performance.now()
    const learningRate = learningRateAt(scheduleOf(options, steps), step)
    const { groups } = plan.batch
    const updates = yield* teach(run, groups, learningRate)
    const summary = summarise(groups)
    const watched = watch(options.earlyStop, state.plateau, summary.reward, summary.spread)
    // Hidden context changes the task, so only unmasked rollouts say how well a sample is solved.
    const scores = Object.fromEntries(
      groups.filter(({ ratio }) => ratio === 0).map((group) => [group.item.key, solvedOf(group)]),
    )
    const sampler = rescore(plan.sampler, scores)
    const gains = gainsOf(groups, options)
    for (const [index, group] of groups.slice(0, options.logPrompts).entries())
      yield* folder.record('rollouts.jsonl', {
        step,
        sample: group.item.key,
        band: group.item.band,
        mask: group.prepared.mask.digest,
        ratio: group.ratio,
        prior_iou: group.prepared.priorIou,
        rollouts: loggedRollouts(group, gains[index]!, source),
      })
    return {
      state: { sampler, plateau: watched, caps: nextCaps(options.mask, state.caps, groups) },
      row: {
        ...rowOf({
          summary,
          updates,
          learningRate,
          epoch: sampler.epoch,
          ratio: run.seek === undefined ? maskRatio(options.mask, step, steps) : 0,
          constantBefore: plan.constantBefore,
          retried: { share: plan.retried, rescued: plan.rescued },
          unreadable: plan.batch.unreadable.length,
          seconds: { ...plan.batch.seconds, update: (performance.now() - start) / 1000 },
        }),
        ...(run.seek === undefined ? {} : { seek: seekSummary(groups) }),
      },
      note: `reward ${watched.reward.toFixed(3)}`,
      stop: stopsEarly(options.earlyStop, watched),
    }
  })

  const loop: Loop<
    State,
    Effect.Success<ReturnType<typeof prepare>>,
    Effect.Error<ReturnType<typeof prepare>>,
    Effect.Services<ReturnType<typeof prepare>>,
    Effect.Error<ReturnType<typeof commit>>,
    Effect.Services<ReturnType<typeof commit>>,
    E,
    R
  > = {
    label: 'curriculum GRPO',
    folder,
    engine,
    steps,
    pace: options,
    initial: { sampler: startSampler(sampler), plateau: startPlateau, caps: {} },
    schema: stateSchema,
    prepare,
    commit,
    hooks: run.hooks ?? {},
  }
  return yield* runLoop(loop)
})
