import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, InputError } from '../core/index.ts'
import { type Band, bands, defaultSelection, selectionMethods } from '../curriculum/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { actions } from '../pipelines/curate/act.ts'
import { reviewModes } from '../pipelines/curate/reviewed.ts'
import { runCurate } from '../pipelines/curate.ts'
import { dataset, namedSplit, runOf } from './dataset.ts'
import {
  configuredVideos,
  given,
  json,
  madeRun,
  print,
  refuseGiven,
  replace,
  seed,
  shareOf,
  whole,
  within,
} from './flags.ts'
import { assignments, settingsOf } from './settings.ts'

const isBand = (name: string): name is Band => (bands as ReadonlyArray<string>).includes(name)

/** The quotas of the bands, with defaults for those that were not given. */
const quotasOf = Effect.fnUntraced(function* (texts: ReadonlyArray<string>) {
  const quotas: Record<Band, number> = { ...defaultSelection.quotas }
  for (const [name, quota] of Object.entries(yield* settingsOf(texts, 'quota'))) {
    const number = typeof quota === 'number' && Number.isFinite(quota) && quota >= 0
    if (!isBand(name) || !number)
      return yield* new InputError({
        subject: `--quota ${texts.find((text) => text.startsWith(name)) ?? name}`,
        problem: isBand(name) ? 'is not a number of at least 0' : 'unknown band',
        remedy: `use ${bands.join(', ')} with a number, e.g. --quota hard=0.5`,
      })
    quotas[name] = quota
  }
  if (bands.every((name) => quotas[name] === 0))
    return yield* new InputError({
      subject: '--quota',
      problem: 'is 0 for every band, so that no sample could be selected',
      remedy: 'give at least one band a quota above 0',
    })
  return quotas
})

/** Refuses flags of one way of selecting with another way. */
const refuseContradictions = Effect.fnUntraced(function* (input: {
  readonly select: (typeof selectionMethods)[number]
  readonly mean: Option.Option<number>
  readonly deviation: Option.Option<number>
  readonly quota: ReadonlyArray<string>
  readonly share: Option.Option<number>
  readonly count: Option.Option<number>
}) {
  const quota = input.quota.length === 0 ? Option.none() : Option.some(input.quota)
  if (!input.select.startsWith('gaussian'))
    yield* refuseGiven(input, ['mean', 'deviation'], {
      problem: `has no effect with --select ${input.select}`,
      remedy: 'leave it out, or use --select gaussian',
    })
  if (input.select !== 'band')
    yield* refuseGiven({ quota }, ['quota'], {
      problem: `has no effect with --select ${input.select}`,
      remedy: 'leave it out, or add --select band',
    })
  if (Option.isSome(input.count))
    yield* refuseGiven(input, ['share'], {
      problem: 'contradicts --count',
      remedy: 'give only one of the two',
    })
})

export const curate = Command.make(
  'curate',
  {
    run: madeRun('that of the dataset below runs/'),
    json,
    seed,
    dataset,
    split: Flag.String('split').pipe(
      Flag.withDescription('split to curate; by default the only one of the run, or train'),
      Flag.optional,
    ),
    out: Flag.String('out').pipe(
      Flag.withDescription('folder of the curated dataset; by default inside the run'),
      Flag.optional,
    ),
    replace,
    action: Flag.Literals('action', actions).pipe(
      Flag.withDescription(
        'what to do with annotations found partial, default drop. A tenth of the data without them, compared with a random tenth: +8.1 set IoU under SFT (95 % interval 7.0 to 9.1), no difference under GRPO (docs/claims.md)',
      ),
      Flag.withDefault('drop'),
    ),
    reviews: Flag.Literals('reviews', reviewModes).pipe(
      Flag.withDescription(
        'whether decisions made in the studio take precedence over those of the agents: use (default) or ignore',
      ),
      Flag.withDefault('use'),
    ),
    select: Flag.Literals('select', selectionMethods).pipe(
      Flag.withDescription(
        'how samples are selected: by a Gaussian on mean IoU (Time-R1), by a Gaussian independent of the distribution of the pool (TimeLens), by (1 - mean IoU) squared (TimeLens2), by quotas of bands, or at random; default gaussian. After boundary reflection, gaussian compared with random: +0.8 mIoU under GRPO (95 % interval -0.5 to +2.2), -1.7 set IoU under SFT (-3.5 to 0.0), so use random for SFT (docs/claims.md)',
      ),
      Flag.withDefault('gaussian'),
    ),
    mean: within('mean', 'mean of the Gaussian on mean IoU, from 0 to 1, default 0.3', 0, 1),
    deviation: within('deviation', 'standard deviation of the Gaussian, up to 1, default 0.2', 0.001, 1),
    quota: assignments(
      'quota',
      'with --select band: relative quota of a band, e.g. --quota hard=0.5; may be repeated; default easy=0.2, medium=0.5, hard=0.3',
    ),
    share: shareOf('share', `share of the pool to keep, default ${defaultSelection.share}`),
    count: whole('count', 'number of samples to keep, instead of a share', 1),
    evaluation: Flag.String('evaluation').pipe(
      Flag.withDescription(
        'NAME:SPLIT of a dataset whose videos must not be among the samples; may be repeated',
      ),
      Flag.atLeast(0),
    ),
  },
  Effect.fn(function* (input) {
    yield* refuseContradictions(input)
    const config = yield* loadConfig()
    const folder = yield* runOf(input)
    const named = yield* Effect.forEach(input.evaluation, (text) => namedSplit('evaluation', text))
    const quotas = yield* quotasOf(input.quota)
    const evaluation = yield* Effect.forEach(named, ({ make, ...source }) => Effect.as(make, source))
    const summary = yield* runCurate({
      run: folder,
      ...given({ dataset: input.dataset, out: input.out, split: input.split }),
      replace: input.replace,
      act: { action: input.action },
      reviews: input.reviews,
      selection: {
        method: input.select,
        share: Option.getOrElse(input.share, () => defaultSelection.share),
        seed: input.seed,
        quotas,
        ...given({ count: input.count, mean: input.mean, deviation: input.deviation }),
      },
      evaluation,
      videos: configuredVideos(config),
    })
    const tally = (counts: { readonly [name: string]: number }) =>
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', ')
    if (Option.isSome(input.count) && summary.pool < input.count.value)
      yield* Effect.logWarning(
        `--count ${input.count.value}: the pool has ${summary.pool} samples, and all of them are selected`,
      )
    yield* print(input.json, summary, [
      `${summary.samples} samples: ${tally(summary.decisions)}`,
      ...(Object.keys(summary.reviews).length === 0 ? [] : [`reviewed by people: ${tally(summary.reviews)}`]),
      `${summary.selected} of ${summary.pool} selected${Object.keys(summary.bands).length === 0 ? '' : ` (${tally(summary.bands)})`}`,
      `curated dataset: ${summary.out}`,
    ])
    if (summary.selected === 0)
      return yield* new IncompleteError({
        subject: summary.out,
        problem: `contains no sample to train on: of ${summary.samples}, ${tally(summary.decisions)}`,
        remedy: `the reasons are in its decisions.parquet; keep partial annotations with --action repair, downweight or keep, and process rejected samples again with --retry of the agents`,
      })
  }),
).pipe(
  Command.withDescription(
    'Join the verdicts, drop or repair partial annotations, select samples and export a dataset',
  ),
  Command.withExamples([
    {
      command: 'spanwise curate --dataset shapes --action repair --share 0.2',
      description: 'repair partial annotations and keep a fifth of the samples',
    },
  ]),
)
