import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { Sample } from '../../core/index.ts'
import { readRows } from '../../files/index.ts'
import { readReply, windowsOf } from '../../tasks/index.ts'
import { advantages, isConstant } from '../../trainer/index.ts'
import type { Rollouts } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import type { Studio } from '../studio.ts'
import { numberOf } from '../table/ask.ts'
import { trainedItems } from './data.ts'
import { askedTraining } from './metrics.ts'

const rolloutRow = z.object({
  text: z.string(),
  reward: z.number(),
  iou: z.number().nullable().default(null),
  finish: z.string().default('stop'),
  scores: z.record(z.string(), z.number()).default({}),
  advantage: z.number().nullable().default(null),
  tokens: z.array(z.tuple([z.string(), z.number()])).default([]),
})
const groupRow = z.object({ step: z.int(), sample: z.string(), rollouts: z.array(rolloutRow) })

/** `GET /api/runs/:run/rollouts`. */
export const rollouts = Effect.fn('Studio.rollouts')(function* (studio: Studio, question: Question) {
  const run = yield* askedTraining(studio, question)
  const rows = yield* readRows(join(run.path, 'rollouts.jsonl'), groupRow)
  const steps = [...new Set(rows.map(({ step }) => step))].toSorted((a, b) => a - b)
  const last = steps.at(-1)
  if (last === undefined) return { step: null, steps, groups: [] } satisfies Rollouts
  const step = yield* numberOf(question.query, 'step', last, [0, 1e12])
  const items = yield* trainedItems(run)
  const shown = new Map(rows.filter((row) => row.step === step).map((row) => [row.sample, row]))
  return {
    step,
    steps,
    groups: [...shown.values()].map((group) => {
      const sample: Sample | null = items.get(group.sample)?.item.sample ?? null
      const rewards = group.rollouts.map(({ reward }) => reward)
      // Of runs that recorded none: as DeepSeekMath scales them.
      const [computed = []] = advantages([rewards], 'group')
      return {
        key: items.get(group.sample)?.key ?? group.sample,
        sample: sample?.id ?? null,
        query: sample?.query ?? null,
        windows: sample?.windows ?? null,
        duration: sample?.duration ?? null,
        constant: isConstant(rewards),
        rollouts: group.rollouts.map((one, index) => {
          const reading = readReply(sample ?? { task: 'grounding' }, one.text, 'strict')
          return {
            ...one,
            advantage: one.advantage ?? computed[index] ?? null,
            outcome: reading.kind,
            windows: windowsOf(reading) ?? [],
            tokens: one.tokens.map(([text, logProb]) => ({ text, logProb })),
          }
        }),
      }
    }),
  } satisfies Rollouts
})
