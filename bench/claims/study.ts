import { join } from 'node:path'
import { defaultWorldSettings, type WorldSettings } from '../../datasets/shapes/index.ts'

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
