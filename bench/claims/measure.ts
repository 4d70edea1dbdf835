import { Effect, Layer } from 'effect'
import { z } from 'zod'
import { deviation, mean, type Sample } from '../../core/index.ts'
import { type Grade, grades, readTruth } from '../../datasets/shapes/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { evaluate, lookupSuite } from '../../eval/index.ts'
import { readRows } from '../../files/index.ts'
import { trueSamples } from '../../lab/world.ts'
import { layerEmbedded } from '../../models/index.ts'
import { answer } from '../../pipelines/eval.ts'
import { isConstant } from '../../trainer/index.ts'
import type { GroupRow, Result } from './rows.ts'
import { placesOf, type Study } from './study.ts'

export const asking = (checkpoint: string, { threads }: Study) =>
  layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ checkpoint, device: 'cpu', threads })))

/** Validation queries with their true windows, in the order of every result. */
export const validation = (study: Study) => trueSamples(placesOf(study).world, 'valid')

const rounded = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toFixed(4)))

/** Greedy answers of a checkpoint on every validation query, scored against the truth. */
export const measure = Effect.fn('measure')(function* (study: Study, checkpoint: string, root: string) {
  const samples: ReadonlyArray<Sample> = yield* validation(study)
  const suite = yield* lookupSuite('shapes')
  const { predictions } = yield* answer(samples, { videos: placesOf(study).videos, root }).pipe(
    Effect.provide(asking(checkpoint, study)),
  )
  const { columns } = evaluate(suite, samples, predictions, { bootstrap: null })
  const column = (metric: string) => rounded(columns.find((one) => one.metric === metric)?.values ?? [])
  return {
    iou: column('mIoU'),
    setIou: column('msIoU'),
    count: samples.map(({ id, windows }) =>
      predictions.get(id)?.windows?.length === windows?.length ? 1 : 0,
    ),
  } satisfies Pick<Result, 'iou' | 'setIou' | 'count'>
})

const rolled = z.object({
  step: z.int(),
  sample: z.string(),
  ratio: z.number(),
  prior_iou: z.number(),
  rollouts: z.array(z.object({ reward: z.number(), finish: z.string() })),
})

/** Constant groups and spread by step and grade, from a training's rollouts. */
export const groupRows = Effect.fn('groupRows')(function* (study: Study, file: string) {
  const truths = yield* readTruth(placesOf(study).world, 'train')
  const found = new Map<string, GroupRow>()
  for (const { step, sample, ratio, prior_iou: prior, rollouts } of yield* readRows(file, rolled)) {
    const grade: Grade = truths.get(sample.split('/').slice(2).join('/'))!.grade
    const rewards = rollouts.filter(({ finish }) => finish !== 'annotation').map(({ reward }) => reward)
    const key = `${step}/${grade}`
    const before = found.get(key)
    found.set(key, {
      step,
      grade,
      groups: (before?.groups ?? 0) + 1,
      constant: (before?.constant ?? 0) + (isConstant(rewards) ? 1 : 0),
      spread: (before?.spread ?? 0) + deviation(rewards),
      reward: (before?.reward ?? 0) + mean(rewards),
      ratio: (before?.ratio ?? 0) + ratio,
      prior: (before?.prior ?? 0) + prior,
    })
  }
  return [...found.values()].toSorted(
    (a, b) => a.step - b.step || grades.indexOf(a.grade) - grades.indexOf(b.grade),
  )
})
