import { Effect } from 'effect'
import { Argument, Command } from 'effect/cli'
import { comparisonTable } from '../eval/index.ts'
import { runCompare } from '../pipelines/compare.ts'
import { json, print, seed, wholeOr } from './flags.ts'

const run = (name: string) =>
  Argument.String(name).pipe(Argument.withDescription('folder of an evaluation, or its values.jsonl'))

/** JSON cannot represent values that are not finite. */
const number = (value: number): number | null => (Number.isFinite(value) ? value : null)

export const compareCommand = Command.make(
  'compare',
  {
    a: run('A'),
    b: run('B'),
    json,
    seed,
    resamples: wholeOr('resamples', 'bootstrap resamples of the videos', 1000),
  },
  Effect.fn(function* ({ a, b, seed, resamples, json }) {
    const { comparisons, ...about } = yield* runCompare({ a, b, seed, resamples })
    yield* print(
      json,
      {
        a,
        b,
        ...about,
        metrics: Object.fromEntries(
          comparisons.map(({ metric, interval, ...rest }) => [
            metric,
            {
              a: number(rest.a),
              b: number(rest.b),
              difference: number(rest.difference),
              interval: interval.map(number),
              p: number(rest.p),
            },
          ]),
        ),
      },
      [
        comparisonTable(comparisons),
        `A: ${a}`,
        `B: ${b}`,
        `${about.n} samples of ${about.videos} videos, ${about.resamples} paired resamples of videos, seed ${about.seed}`,
      ],
    )
  }),
).pipe(
  Command.withDescription('Test two evaluations of the same samples by paired bootstrap'),
  Command.withExamples([
    {
      command: 'spanwise eval compare runs/eval/charades/A runs/eval/charades/B',
      description: 'difference, 95 % interval and p value of every metric',
    },
  ]),
)
