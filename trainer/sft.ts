import { Effect } from 'effect'
import type { EngineError, InputError, VideoError } from '../core/index.ts'
import { type SamplerState, startSampler } from '../curriculum/index.ts'
import type { EngineService, TrainingGroup } from '../engine/index.ts'
import { learningRateAt } from '../engine/optimiser/index.ts'
import { lessonOf } from '../tasks/index.ts'
import { answerable } from './answerable.ts'
import type { TrainingItem } from './data.ts'
import { samplerOf, samplerStateSchema } from './draws.ts'
import { type Hooks, runLoop } from './loop.ts'
import { type SftOptions, scheduleOf, stepsOf } from './options.ts'
import { cutFigures, poolOf } from './pool.ts'
import type { Lesson, PromptSource } from './prompts.ts'
import { thoughtTokens } from './rollouts.ts'
import type { RunFolder } from './run-folder.ts'
import { goldConversation, type SeekSource, withEvidence } from './seek/index.ts'
import { drawShown, makeSkipped } from './skipped.ts'
import { thoughtFigures } from './step-metrics.ts'

export interface SftRun<E, R> {
  readonly engine: EngineService
  readonly source: PromptSource
  /** Set where each sample is a conversation about frames. */
  readonly seek?: SeekSource
  readonly options: SftOptions
  readonly items: ReadonlyArray<TrainingItem>
  readonly folder: RunFolder
  readonly hooks?: Hooks<E, R>
}

/** A reply without the tag that the chat template has already opened: some write `<think>` into the prompt. */
const begun = (prompt: string, reply: string): string => {
  const open = /<think(?:ing)?>\s*$/.exec(prompt)?.[0].trim()
  return open !== undefined && reply.startsWith(open) ? reply.slice(open.length) : reply
}

/**
 * Supervised fine-tuning on the annotations: each step draws a batch of samples and raises the probability of their
 * right answers, after their written thoughts where they have some, token mean, weighted by the samples' weights. Same
 * run folder, checkpoints and resume as GRPO. Samples without an annotated answer, and those whose video or prompt
 * cannot be made, are left out and named.
 */
export const trainSft = Effect.fn('trainSft')(function* <E = never, R = never>(run: SftRun<E, R>) {
  const { engine, source, options, folder } = run
  const items = yield* run.seek === undefined ? answerable(run.items) : withEvidence(run.items)
  const skip = makeSkipped()
  const steps = stepsOf(options, items.length, options.batch)
  const itemOf = poolOf(items)
  const sampler = samplerOf(items, options, 1)
  return yield* runLoop({
    label: 'supervised fine-tuning',
    folder,
    engine,
    steps,
    pace: options,
    initial: startSampler(sampler),
    schema: samplerStateSchema,
    prepare: Effect.fnUntraced(function* (state: SamplerState, step: number) {
      run.seek?.forget()
      const began = performance.now()
      const lessonsOf = (
        item: TrainingItem,
      ): Effect.Effect<ReadonlyArray<Lesson>, VideoError | InputError | EngineError> =>
        run.seek === undefined
          ? Effect.map(source.prepare(item, 0), ({ prompt }) => [
              { prompt, reply: begun(prompt.text, lessonOf(item.sample, options.thoughts)!) },
            ])
          : goldConversation(run.seek, item, options.seed, step)
      const { drawn, batch } = yield* drawShown(sampler, state, options.batch, (ids) =>
        Effect.forEach(
          ids,
          (id) => {
            const item = itemOf(id)!
            return lessonsOf(item).pipe(
              Effect.map((rounds) => ({
                rounds: rounds.map(({ prompt, reply }) => {
                  const tokens = source.encode(reply)
                  const group: TrainingGroup = { prompt, completions: [{ tokens, weight: item.weight }] }
                  return { group, length: tokens.length, thought: thoughtTokens(reply, source) }
                }),
              })),
              skip(item),
            )
          },
          { concurrency: 4 },
        ).pipe(
          Effect.map((groups) => ({
            ready: groups.flatMap((one) => ('rounds' in one ? one.rounds : [])),
            unreadable: groups.flatMap((one) => ('rounds' in one ? [] : [one])),
          })),
        ),
      )
      const { ready, unreadable } = batch
      return {
        groups: ready.map(({ group }) => group),
        thought: thoughtFigures(ready),
        unreadable: unreadable.length,
        cuts: cutFigures(
          drawn.ids.map((id) => itemOf(id)!),
          options.thoughts,
        ),
        sampler: drawn.state,
        seconds: (performance.now() - began) / 1000,
      }
    }),
    commit: Effect.fnUntraced(function* (_state: SamplerState, plan, step) {
      const learningRate = learningRateAt(scheduleOf(options, steps), step)
      const update = yield* engine.update({
        groups: plan.groups,
        loss: { kind: 'sft' },
        learningRate,
        maxGradNorm: options.maxGradNorm,
      })
      return {
        state: plan.sampler,
        row: {
          epoch: plan.sampler.epoch,
          loss: update.loss,
          grad_norm: update.gradNorm,
          entropy: update.entropy,
          tokens: update.tokens,
          thought: plan.thought,
          unreadable: plan.unreadable,
          ...plan.cuts,
          learning_rate: learningRate,
          seconds: { prepare: plan.seconds, update: update.seconds },
        },
        note: `loss ${update.loss.toFixed(3)}`,
      }
    }),
    hooks: run.hooks ?? {},
  })
})
