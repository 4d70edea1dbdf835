import { join } from 'node:path'
import { type Sample, sampleSchema, type Window } from '../../core/index.ts'
import { defaultWorldSettings, type Grade, type WorldSettings } from '../../datasets/shapes/index.ts'

/** One study: where it is, what it starts from and how large it is. Part of every job's command line. */
export interface Study {
  readonly run: string
  readonly checkpoint: string
  readonly trainVideos: number
  readonly validationVideos: number
  readonly prompts: number
  readonly learningRate: number
  readonly sftLearningRate: number
  readonly temperature: number
  readonly threads: number
  /** When a training stops short and is measured as it is, in milliseconds since 1970; Infinity for never. */
  readonly deadline: number
}

/** A seed that no checkpoint was trained on. */
const worldSeed = 20_261_128

/** Two annotations a video, 40 % partial, a third of the videos of each grade. */
export const worldOf = (study: Study): WorldSettings => ({
  ...defaultWorldSettings,
  seed: worldSeed,
  splits: [
    { split: 'train', videos: study.trainVideos },
    { split: 'valid', videos: study.validationVideos },
  ],
})

export const placesOf = ({ run }: Pick<Study, 'run'>) => ({
  world: join(run, 'world'),
  videos: join(run, 'world', 'videos'),
  curation: join(run, 'curation'),
  /** The pool without, and with, what the agents say. */
  annotations: join(run, 'annotations.jsonl'),
  pool: join(run, 'pool.jsonl'),
  queries: join(run, 'queries.jsonl'),
  results: join(run, 'results.jsonl'),
  costs: join(run, 'curation-costs.jsonl'),
  mechanism: join(run, 'mechanism.jsonl'),
  work: join(run, 'work'),
})

/** One annotation of the training split with its truth and what the agents say of it. */
export interface PoolRow {
  readonly sample: Sample
  readonly grade: Grade
  readonly partial: boolean
  readonly truth: ReadonlyArray<Window>
  /** Null before the agents have looked. */
  readonly judged: Judged | null
}

/** What the agents say of an annotation. */
export interface Judged {
  readonly verdict: string
  readonly score: number
  /** The annotation with the verified proposals. */
  readonly repaired: ReadonlyArray<Window>
  /** Mean IoU of the difficulty rollouts with the annotation as it is, repaired, and with the truth. */
  readonly iou: { readonly annotated: number; readonly repaired: number; readonly truth: number }
}

export const parsePool = (text: string): ReadonlyArray<PoolRow> =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = JSON.parse(line) as PoolRow
      return { ...row, sample: sampleSchema.parse(row.sample) as Sample }
    })

/** What one fold of an agent cost, a line of curation-costs.jsonl. */
export interface FoldCost {
  readonly kind: 'bra' | 'dea'
  readonly fold: number
  readonly samples: number
  readonly seconds: number
  readonly cpu: number
  readonly threads: number
}

/** What the groups of one step and grade came out as. */
export interface GroupRow {
  readonly step: number
  readonly grade: Grade
  readonly groups: number
  readonly constant: number
  /** Sums over the groups. */
  readonly spread: number
  readonly reward: number
  readonly ratio: number
  readonly prior: number
}

/** One validation query. */
export interface QueryRow {
  readonly video: string
  readonly grade: Grade
}

/** One finished (arm, seed), a line of results.jsonl. */
export interface Result {
  readonly arm: string
  readonly seed: number
  readonly samples: number
  readonly partial: number
  readonly steps: number
  /** Steps of a whole epoch; more than `steps` where the training was stopped short. */
  readonly planned: number
  readonly threads: number
  /** Wall clock, and processor over all threads; of the last start only, where the training was resumed. */
  readonly seconds: { readonly train: number; readonly evaluate: number }
  readonly cpu: { readonly train: number; readonly evaluate: number }
  readonly resumedFrom: number
  /** Of each validation query, in order. */
  readonly iou: ReadonlyArray<number>
  readonly setIou: ReadonlyArray<number>
  /** 1 where the number of windows is right. */
  readonly count: ReadonlyArray<number>
  readonly groups: ReadonlyArray<GroupRow>
}
