import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { alignValues, compare, defaultBootstrap, parseValues } from '../eval/index.ts'
import { requireText } from '../files/index.ts'

/** The raw values that an evaluation wrote: the file itself, or the folder that holds it. */
const readValues = Effect.fnUntraced(function* (run: string) {
  const folder = yield* Effect.promise(() =>
    stat(run).then(
      (found) => found.isDirectory(),
      () => false,
    ),
  )
  const file = folder ? join(run, 'values.jsonl') : run
  return yield* parseValues(file, yield* requireText(file))
})

/** `spanwise eval compare A B`: the paired bootstrap of two runs over the same samples, videos resampled. */
export const runCompare = Effect.fn('Pipelines.runCompare')(function* (options: {
  readonly a: string
  readonly b: string
  readonly seed: number
  readonly resamples?: number
}) {
  const a = yield* readValues(options.a)
  const b = yield* alignValues(a, yield* readValues(options.b))
  if (a.ids.length === 0)
    return yield* new InputError({
      subject: `compare ${options.a}`,
      problem: 'contains the values of no sample',
      remedy: 'give an evaluation that scored some, or run it again',
    })
  const settings = {
    ...defaultBootstrap,
    seed: options.seed,
    resamples: options.resamples ?? defaultBootstrap.resamples,
  }
  return {
    n: a.ids.length,
    videos: new Set(a.videos).size,
    ...settings,
    comparisons: compare(a.columns, b.columns, a.videos, settings),
  }
})
