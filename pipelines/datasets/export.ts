import { existsSync } from 'node:fs'
import { Effect } from 'effect'
import { InputError, rowOf, type Sample, sampleColumns } from '../../core/index.ts'
import { writeWhole } from '../../files/index.ts'
import { openDatabase, writePart } from '../../store/index.ts'
import { type DatasetOptions, readSplits } from './readings.ts'

export interface ExportOptions extends DatasetOptions {
  /** The file to write; its extension sets the format: `.jsonl` or `.parquet`. */
  readonly out: string
}

const writeParquet = Effect.fnUntraced(function* (
  out: string,
  samples: ReadonlyArray<Sample>,
  files: { readonly [file: string]: string },
) {
  const database = yield* openDatabase(':memory:')
  yield* writePart(database, out, sampleColumns, samples.map(rowOf), files)
}, Effect.scoped)

/**
 * `spanwise datasets export`: the validated samples of a split, or of all that are there, in the form that the datasets
 * `jsonl` and `parquet` read. `meta` is JSON text in Parquet; hashes of the source files go to its metadata.
 */
export const runExport = Effect.fn('Pipelines.runExport')(function* (options: ExportOptions) {
  const { readings } = yield* readSplits(options)
  const samples = readings.flatMap(({ reading }) => reading.samples)
  const { out } = options
  if (existsSync(out))
    return yield* new InputError({
      subject: `--out ${out}`,
      problem: 'already exists',
      remedy: 'choose another name, or remove it first',
    })
  if (out.endsWith('.parquet')) {
    const files = readings.flatMap(({ reading }) => reading.files)
    yield* writeParquet(
      out,
      samples,
      Object.fromEntries(files.map(({ path, sha256 }) => [path.split('/').at(-1)!, sha256])),
    )
  } else if (out.endsWith('.jsonl'))
    yield* writeWhole(out, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
  else
    return yield* new InputError({
      subject: `--out ${out}`,
      problem: 'its extension is not a known format',
      remedy: 'use .jsonl or .parquet',
    })
  return {
    dataset: options.dataset,
    splits: readings.map(({ split }) => split),
    samples: samples.length,
    out,
    problems: readings.flatMap(({ reading }) => reading.problems),
  }
})
