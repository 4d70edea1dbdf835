import { Effect } from 'effect'
import { z } from 'zod'
import { endings } from '../../agents/index.ts'
import { readRows } from '../../files/index.ts'
import type { RunFolder } from '../run-folder.ts'
import type { StepDraw } from './draws.ts'

/** Everything that was served, one JSON object a line, in the run's folder. */
export const servedFile = 'served.jsonl'

const step = z.int().min(0)
const row = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('draw'),
    step,
    keys: z.array(z.string()),
    unreadable: z.array(z.string()),
    epoch: z.int(),
  }),
  z.object({
    kind: z.literal('prompt'),
    step,
    sample: z.string(),
    mask: z.string(),
    /** Hidden frames over all frames. */
    share: z.number(),
    priorIou: z.number(),
  }),
  z.object({
    kind: z.literal('reward'),
    step,
    sample: z.string(),
    generation: z.int(),
    rank: z.int(),
    text: z.string(),
    finish: z.enum(['stop', 'length']),
    /** Of all replies of a conversation together, where the engine told them. */
    tokens: z.int().nullable(),
    mask: z.string(),
    reward: z.number(),
    scores: z.record(z.string(), z.number()),
    /** Null where the task grounds nothing. */
    iou: z.number().nullable(),
    /** Tokens of thoughts; absent where the service has no tokenizer. */
    thought: z.number().exactOptional(),
    /** Of conversations about frames, where the engine told all replies. */
    seek: z.object({ rounds: z.int(), frames: z.int(), ending: z.enum(endings) }).exactOptional(),
    /** Absent in records of earlier versions, whose tasks were solved by their IoU alone. */
    solved: z.number().exactOptional(),
    parsed: z.boolean(),
  }),
  z.object({ kind: z.literal('disagreement'), step, rank: z.int(), problem: z.string() }),
  z.object({ kind: z.literal('engine'), step, rank: z.int(), event: z.unknown() }),
])
type Row = z.output<typeof row>
type Of<Kind extends Row['kind']> = Omit<Extract<Row, { kind: Kind }>, 'kind'>
export type ServedPrompt = Of<'prompt'>
export type ServedReward = Of<'reward'>

/** What a run has served, in memory and on disk. Later rewards of a completion replace earlier ones. */
export interface Records {
  readonly draws: ReadonlyMap<number, StepDraw>
  readonly draw: (step: number, drawn: StepDraw) => void
  readonly promptOf: (step: number, sample: string) => ServedPrompt | undefined
  readonly prompt: (served: ServedPrompt) => void
  readonly rewardOf: (step: number, sample: string, generation: number) => ServedReward | undefined
  readonly reward: (served: ServedReward) => void
  /** Rewards of a step's sample, by number of the completion. */
  readonly rewardsOf: (step: number, sample: string) => ReadonlyArray<ServedReward>
  readonly note: (entry: Extract<Row, { kind: 'disagreement' | 'engine' }>) => void
  /** Drops the rewards' texts of steps before this one from memory. */
  readonly forget: (before: number) => void
}

/** Opens the record of a run; what an earlier start has served is read again. */
export const openRecords = Effect.fnUntraced(function* (folder: RunFolder) {
  const draws = new Map<number, StepDraw>()
  const prompts = new Map<number, Map<string, ServedPrompt>>()
  const rewards = new Map<number, Map<string, Array<ServedReward>>>()
  const within = <A>(all: Map<number, Map<string, A>>, at: number): Map<string, A> => {
    const known = all.get(at) ?? new Map<string, A>()
    all.set(at, known)
    return known
  }
  const take = (entry: Row) => {
    if (entry.kind === 'draw') draws.set(entry.step, entry)
    else if (entry.kind === 'prompt') within(prompts, entry.step).set(entry.sample, entry)
    else if (entry.kind === 'reward') {
      const step = within(rewards, entry.step)
      const group = step.get(entry.sample) ?? []
      group[entry.generation] = entry
      step.set(entry.sample, group)
    }
  }
  for (const entry of yield* readRows(folder.file(servedFile), row)) take(entry)
  const add = (entry: Row) => {
    take(entry)
    folder.append(servedFile, entry)
  }
  return {
    draws,
    draw: (at, drawn) =>
      add({ kind: 'draw', step: at, ...drawn, keys: [...drawn.keys], unreadable: [...drawn.unreadable] }),
    promptOf: (at, sample) => prompts.get(at)?.get(sample),
    prompt: (served) => add({ kind: 'prompt', ...served }),
    rewardOf: (at, sample, generation) => rewards.get(at)?.get(sample)?.[generation],
    reward: (served) => add({ kind: 'reward', ...served }),
    rewardsOf: (at, sample) => (rewards.get(at)?.get(sample) ?? []).filter((entry) => entry !== undefined),
    note: add,
    forget: (before) => {
      for (const at of rewards.keys()) if (at < before) rewards.delete(at)
    },
  } satisfies Records as Records
})
