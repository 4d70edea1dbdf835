import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { deviation, mean } from '../../core/index.ts'
import type { Truth } from '../../datasets/shapes/index.ts'
import { readRows } from '../../files/index.ts'
import { isConstant } from '../../trainer/index.ts'
import type { GradeGroups, TrainingCurve } from './facts.ts'

const step = z.object({
  step: z.int(),
  reward: z.number(),
  entropy: z.number(),
  mask: z.object({ ratio: z.number() }),
})
const validation = z.object({ step: z.int(), set_iou: z.number() })

const figures = z.object({
  step: z.int(),
  reward: z.number(),
  rewards: z.record(z.string(), z.number()),
  constant: z.number(),
  thought: z.object({ tokens: z.number(), answer: z.number(), share: z.number() }),
})
/** Figures of one step of GRPO, whatever its task. */
export type StepMetrics = z.output<typeof figures>

/** The figures of every step of a run. */
export const readMetrics = (run: string) => readRows(join(run, 'metrics.jsonl'), figures)

const rolled = z.object({
  step: z.int(),
  sample: z.string(),
  rollouts: z.array(z.object({ reward: z.number(), finish: z.string() })),
})

/** The groups of every step by the grade of their scenes; `truths` by the sample's id. */
const readGroups = Effect.fnUntraced(function* (run: string, truths: ReadonlyMap<string, Truth>) {
  const rows = yield* readRows(join(run, 'rollouts.jsonl'), rolled)
  const byKey = Map.groupBy(
    rows.map(({ step, sample, rollouts }) => ({
      step,
      grade: truths.get(sample.split('/').slice(2).join('/'))!.grade,
      rewards: rollouts.filter(({ finish }) => finish !== 'annotation').map(({ reward }) => reward),
    })),
    ({ step, grade }) => `${step}/${grade}`,
  )
  return [...byKey.values()].map((list): GradeGroups => {
    const [{ step, grade }] = list as [(typeof list)[number]]
    return {
      ...{ step, grade, groups: list.length },
      constant: list.filter(({ rewards }) => isConstant(rewards)).length,
      spread: mean(list.map(({ rewards }) => deviation(rewards))),
    }
  })
})

/** The training curve of a run, from its files. */
export const readTrainingCurve = Effect.fn('Demo.readTrainingCurve')(function* (
  name: string,
  run: string,
  truths: ReadonlyMap<string, Truth>,
) {
  const steps = yield* readRows(join(run, 'metrics.jsonl'), step)
  const measured = yield* readRows(join(run, 'validation.jsonl'), validation)
  return {
    name,
    steps: steps.map(({ step, reward, entropy, mask }) => ({ step, reward, entropy, maskRatio: mask.ratio })),
    validation: measured.map(({ step, set_iou }) => ({ step, setIou: set_iou })),
    groups: yield* readGroups(run, truths),
  } satisfies TrainingCurve
})
