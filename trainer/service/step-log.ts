import { Effect } from 'effect'
import { z } from 'zod'
import { mean, type Task } from '../../core/index.ts'
import type { Band } from '../../curriculum/index.ts'
import { readRows } from '../../files/index.ts'
import { thoughtsIn } from '../../tasks/index.ts'
import { startPlateau, stopsEarly, watch } from '../early-stop.ts'
import type { GrpoOptions } from '../options.ts'
import type { cutFigures } from '../pool.ts'
import { isConstantGroup } from '../rollouts.ts'
import type { RunFolder } from '../run-folder.ts'
import { seekFigures } from '../seek/index.ts'
import { rowOf, type SummarisedGroup, summarise } from '../step-metrics.ts'
import type { StepDraw } from './draws.ts'
import type { Records, ServedReward } from './records.ts'

export interface StepLogOptions {
  readonly folder: RunFolder
  readonly records: Records
  /** Figures of supervised samples that are cuts, by their keys. */
  readonly cuts: (keys: ReadonlyArray<string>) => ReturnType<typeof cutFigures>
  /** Left out for supervised fine-tuning. */
  readonly curriculum?: {
    readonly options: GrpoOptions
    /** Share of hidable frames that the schedule hides at a step. */
    readonly ratio: (step: number) => number
    readonly bandOf: (key: string) => Band
    readonly masked: (key: string, step: number) => boolean
    readonly taskOf: (key: string) => Task
  }
}

export interface StepLog {
  /** Mean IoU of the unmasked samples of a step, by key: what the samplers go by. */
  readonly scoresOf: (step: number) => Readonly<Record<string, number>>
  /** Writes a step's row of metrics.jsonl and its rollouts, once. `figures` are the engine's own. */
  readonly finish: (
    step: number,
    figures: { readonly [name: string]: number | null },
    drawn: StepDraw | undefined,
  ) => void
  /** Whether the early stop has seen enough. */
  readonly stops: () => boolean
}

const watched = z.object({ step: z.int(), reward: z.number().nullish(), spread: z.number().nullish() })

const solvedIn = ({ solved, iou, reward }: ServedReward): number => solved ?? iou ?? reward

/** The share of a reply's characters that are thoughts: an estimate of its tokens where the service has no tokenizer. */
const thoughtShare = (text: string): number => thoughtsIn(text).length / Math.max(1, text.length)

/** Rows of metrics.jsonl and rollouts.jsonl as the embedded trainer writes them, from what was served and what the engine tells. */
export const stepLog = Effect.fnUntraced(function* ({ folder, records, cuts, curriculum }: StepLogOptions) {
  const file = 'metrics.jsonl'
  const done = new Set<number>()
  let plateau = startPlateau
  const see = (reward: number, spread: number) => {
    if (curriculum !== undefined) plateau = watch(curriculum.options.earlyStop, plateau, reward, spread)
  }
  for (const { step, reward, spread } of yield* readRows(folder.file(file), watched)) {
    done.add(step)
    see(reward ?? 0, spread ?? 0)
  }

  const groupsOf = (step: number) =>
    (records.draws.get(step)?.keys ?? []).map((sample) => ({
      sample,
      prompt: records.promptOf(step, sample),
      rewards: records.rewardsOf(step, sample),
    }))

  const finish: StepLog['finish'] = (step, figures, drawn) => {
    if (done.has(step)) return
    done.add(step)
    const { entropy = null, learning_rate: learningRate = null, ...others } = figures
    const seconds: Record<string, number> = {}
    const own: Record<string, number | null> = {}
    for (const [name, value] of Object.entries(others)) {
      if (name.startsWith('seconds/')) seconds[name.slice('seconds/'.length)] = value ?? 0
      else own[name] = value
    }
    const shared = { epoch: drawn?.epoch ?? 0, unreadable: drawn?.unreadable.length ?? 0 }
    if (curriculum === undefined) {
      const cut = cuts([...(drawn?.keys ?? [])])
      folder.append(file, { step, ...shared, ...cut, ...own, entropy, learning_rate: learningRate, seconds })
      return
    }
    const groups = groupsOf(step)
    const summarised = groups.map(
      ({ sample, prompt, rewards }): SummarisedGroup => ({
        item: { band: curriculum.bandOf(sample), sample: { task: curriculum.taskOf(sample) } },
        prepared: { mask: { share: prompt?.share ?? 0 }, priorIou: prompt?.priorIou ?? 0 },
        rollouts: rewards.map((reward) => ({
          ...reward,
          logProbs: [],
          tokens: { length: reward.tokens ?? 0 },
          solved: solvedIn(reward),
          thought: reward.thought ?? thoughtShare(reward.text) * (reward.tokens ?? 0),
        })),
      }),
    )
    const summary = summarise(summarised)
    see(summary.reward, summary.spread)
    const row = rowOf({
      summary,
      updates: null,
      learningRate: learningRate ?? curriculum.options.learningRate,
      ...shared,
      ratio: curriculum.ratio(step),
      constantBefore: summarised.filter(isConstantGroup).length / Math.max(1, summarised.length),
      seconds,
    })
    const sought = groups.flatMap(({ rewards }) => rewards.flatMap(({ seek }) => seek ?? []))
    const conversations = sought.length === 0 ? {} : { seek: seekFigures(sought) }
    folder.append(file, { step, ...row, ...conversations, entropy, ...own })
    for (const { sample, prompt, rewards } of groups.slice(0, curriculum.options.logPrompts))
      folder.append('rollouts.jsonl', {
        step,
        sample,
        mask: prompt?.mask ?? null,
        rollouts: rewards.map(({ text, reward, iou, finish: end }) => ({ text, reward, iou, finish: end })),
      })
    // The samplers may still ask for the scores of the step before the one in hand.
    records.forget(step - 1)
  }

  return {
    scoresOf: (step) =>
      curriculum === undefined
        ? {}
        : Object.fromEntries(
            groupsOf(step)
              .filter(({ sample, rewards }) => rewards.length > 0 && !curriculum.masked(sample, step))
              .map(({ sample, rewards }) => [sample, mean(rewards.map(solvedIn))]),
          ),
    finish,
    stops: () => curriculum !== undefined && stopsEarly(curriculum.options.earlyStop, plateau),
  } satisfies StepLog as StepLog
})
