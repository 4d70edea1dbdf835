import { Context, Effect } from 'effect'
import { alike, InputError } from '../core/index.ts'
import { anet } from './anet.ts'
import { charades } from './charades.ts'
import type { Dataset } from './dataset.ts'
import { didemo } from './didemo.ts'
import { dvdCounting } from './dvd-counting.ts'
import { hirestGrounding, hirestStep } from './hirest.ts'
import { nextgqa } from './nextgqa.ts'
import { nextqa } from './nextqa.ts'
import { csv } from './own/csv.ts'
import { jsonl } from './own/jsonl.ts'
import { parquet } from './own/parquet.ts'
import { queryd } from './queryd.ts'
import { qvhighlights } from './qvhighlights.ts'
import { repcount } from './repcount.ts'
import { rextime } from './rextime.ts'
import { shapesDataset } from './shapes/read.ts'
import { cosmoCap, internvidVtime } from './span-sets.ts'
import { sparseVideoR1 } from './sparse-video-r1.ts'
import { tacos } from './tacos.ts'
import { anetTimelens, charadesTimelens, qvhighlightsTimelens, timelens100k } from './timelens.ts'
import { timer1 } from './timer1.ts'
import { videoR1 } from './video-r1.ts'

const all: ReadonlyArray<Dataset> = [
  shapesDataset,
  qvhighlights,
  didemo,
  tacos,
  queryd,
  hirestGrounding,
  hirestStep,
  cosmoCap,
  internvidVtime,
  charades,
  anet,
  rextime,
  nextgqa,
  nextqa,
  repcount,
  dvdCounting,
  timer1,
  charadesTimelens,
  anetTimelens,
  qvhighlightsTimelens,
  timelens100k,
  videoR1,
  sparseVideoR1,
  jsonl,
  csv,
  parquet,
]

/** Every dataset by its name. A new one is a new file and one entry in the list above. */
export const catalogue: { readonly [name: string]: Dataset } = Object.fromEntries(
  all.map((dataset) => [dataset.name, dataset]),
)

/** A dataset from the configuration: its name, the dataset whose format its files have, and the suite that scores it. */
export interface OwnData {
  readonly name: string
  readonly format: string
  readonly suite?: string
}

/** The datasets of the configuration by name; none unless a command line provides them. */
export class OwnDatasets extends Context.Reference<Effect.Effect<ReadonlyArray<OwnData>, InputError>>(
  'spanwise/datasets/OwnDatasets',
  { defaultValue: () => Effect.succeed([]) },
) {}

/** Every dataset that has a name: those of the configuration, then the catalogue's. */
export const allDatasets = Effect.fnUntraced(function* () {
  const own = yield* yield* OwnDatasets
  const named = own.flatMap(({ name, format, suite }) => catalogue[format]?.named(name, suite) ?? [])
  return [...named, ...all] as ReadonlyArray<Dataset>
})

/** The dataset of that name, configured or published, or an InputError that names a close one. */
export const lookup = Effect.fnUntraced(function* (name: string): Effect.fn.Return<Dataset, InputError> {
  const known = yield* allDatasets()
  const found = known.find((dataset) => dataset.name === name)
  if (found !== undefined) return found
  const near = alike(
    name,
    known.map((dataset) => dataset.name),
  )
  return yield* new InputError({
    subject: `--dataset ${name}`,
    problem: 'no such dataset',
    remedy:
      near === null
        ? `add ${JSON.stringify(name)} to "datasets" in spanwise.config.json, or use one that "spanwise datasets list" names`
        : `did you mean ${near}?`,
  })
})
