import { join } from 'node:path'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, InputError } from '../core/index.ts'
import { trueSamples } from '../lab/world.ts'
import { requireKey } from '../models/index.ts'
import type { Share } from '../pipelines/calibrate/measure.ts'
import type { Agreement } from '../pipelines/calibrate/revisions.ts'
import {
  type CalibrateSummary,
  type RevisionSummary,
  runCalibrate,
  runRevisions,
} from '../pipelines/calibrate.ts'
import { loadConfig } from '../pipelines/config.ts'
import { loadSource } from '../pipelines/source.ts'
import { agentFlags, breakLease, part } from './agents.ts'
import { backendOf, inFlightOf } from './backend.ts'
import { cacheOf } from './clips.ts'
import { datasetOf, namedSplit, placesOf, requireCheckpoint } from './dataset.ts'
import { given, json, print, refuseGiven, run, seed, whole } from './flags.ts'
import { modelServices } from './services.ts'
import { settingsOf } from './settings.ts'

const share = (name: string, description: string) =>
  Flag.Finite(name).pipe(
    Flag.withDescription(description),
    Flag.filter(
      (given) => given >= 0 && given < 1,
      () => 'a number from 0 to below 1',
    ),
    Flag.optional,
  )

const { task: _, ...flags } = agentFlags

const shown = ({ share: value, interval, n }: Share): string =>
  `${(100 * value).toFixed(1)} % [${interval.map((end) => (100 * end).toFixed(1)).join(', ')}] of ${n}`

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`

const chosenLines = ({ calibration, thresholds }: CalibrateSummary): ReadonlyArray<string> =>
  calibration === null
    ? []
    : [
        `chosen on one half of the videos: accept ${calibration.thresholds.accept}, reject ${calibration.thresholds.reject}`,
        `on the other half: recall ${shown(calibration.recall)}, passed as complete ${shown(calibration.missed)}, false alarms ${shown(calibration.falseAlarms)}, on annotations in full ${shown(calibration.falseAlarmsWhole)}`,
        `for spanwise.config.json: ${JSON.stringify({ agents: { bra: calibration.thresholds } })} (${thresholds})`,
      ]

const separationLines = (separation: CalibrateSummary['separation']): ReadonlyArray<string> => [
  `AUROC ${separation.auroc.toFixed(3)} [${separation.interval.map((end) => end.toFixed(3)).join(', ')}] (short-window rule ${separation.shortWindow.toFixed(3)}), AUPRC ${separation.auprc.toFixed(3)}; against the same annotations in full ${separation.againstWhole.toFixed(3)}`,
  `recall ${(100 * separation.recallAt5).toFixed(1)} % at 5 % false alarms, ${(100 * separation.recallAt10).toFixed(1)} % at 10 %; ${Number.isFinite(separation.pointing) ? `pointing ${separation.pointing.toFixed(2)} times chance` : 'nothing proposed'}; ${separation.calls.toFixed(1)} requests a sample`,
]

const lines = (summary: CalibrateSummary): ReadonlyArray<string> => [
  `${summary.separation.pairs} length-matched pairs: a window hidden, or none`,
  ...separationLines(summary.separation),
  ...chosenLines(summary),
]

const agreementLine = (name: string, one: Agreement | null): ReadonlyArray<string> =>
  one === null
    ? []
    : [
        `${name}: AUROC ${one.auroc.toFixed(3)}, lift of the top tenth ${one.lift.toFixed(2)} (${one.revised} of ${one.labelled} revised)`,
      ]

const revisionLines = (summary: RevisionSummary): ReadonlyArray<string> => [
  `${summary.queries} queries dropped or reworded, ${summary.windows} windows changed; ${summary.unmatched} samples have no counterpart`,
  ...agreementLine('boundary reflection', summary.reflection),
  ...agreementLine('difficulty estimation', summary.difficulty),
]

export const calibrate = Command.make(
  'calibrate',
  {
    ...flags,
    ...{ run, json, seed, limit: part.limit, breakLease },
    pairs: whole(
      'pairs',
      'maximum number of length-matched pairs to judge, three samples each, default 300',
      1,
    ),
    falseAlarms: share('false-alarms', 'share of complete annotations that may be flagged, default 0.1'),
    missed: share('missed', 'share of incomplete annotations that may pass as complete, default 0.1'),
    retry: Flag.Boolean('retry').pipe(
      Flag.withDescription('process failed samples again'),
      Flag.withDefault(false),
    ),
    revised: Flag.String('revised').pipe(
      Flag.withDescription(
        'NAME:SPLIT of a later revision of the dataset: compare the verdicts of the run with it instead, without a model',
      ),
      Flag.optional,
    ),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const dataset = yield* datasetOf(input.dataset, config)
    const { make, annotations, videos } = yield* placesOf(dataset, input)
    const split = Option.getOrElse(input.split, () => 'train')
    const read = Effect.gen(function* () {
      if (dataset === 'shapes') return yield* trueSamples(annotations, split)
      const source = { dataset, split, annotations, policy: input.policy }
      return (yield* loadSource({ ...source, ...given({ form: input.form, cleaning: input.cleaning }) }))
        .samples
    })
    const limited = Effect.map(read, (samples) => samples.slice(0, Option.getOrUndefined(input.limit)))
    if (Option.isSome(input.revised)) {
      yield* refuseGiven(input, ['pairs', 'falseAlarms', 'missed'], {
        problem: 'has no effect with --revised, which asks no model and chooses no thresholds',
        remedy: 'leave out one of the two',
      })
      const { make: makeRevised, ...named } = yield* namedSplit('revised', input.revised.value)
      yield* makeRevised
      const { samples: revised } = yield* loadSource({ ...named, policy: 'keep' })
      const folder = Option.getOrElse(input.run, () => join(config.runs, dataset))
      const summary = yield* runRevisions({ run: folder, dataset, split, samples: yield* limited, revised })
      return yield* print(input.json, summary, revisionLines(summary))
    }
    const folder = Option.getOrElse(input.run, () => join(config.runs, `${dataset}-calibration`))
    const chosen = yield* backendOf(config, input)
    if (chosen.kind === 'embedded') yield* requireCheckpoint(chosen.engine.checkpoint)
    else yield* requireKey(chosen.settings)
    const settings = yield* settingsOf(input.settings)
    for (const name of ['accept', 'reject'])
      if (name in settings)
        return yield* new InputError({
          subject: `--set ${name}`,
          problem: 'is what calibration chooses',
          remedy: 'leave it out',
        })
    yield* make
    const falseAlarms = Option.getOrElse(input.falseAlarms, () => 0.1)
    const cache = yield* cacheOf(input, folder)
    const summary = yield* runCalibrate({
      ...{ dataset, samples: yield* limited, videos, run: folder, settings },
      ...{ pairs: Option.getOrElse(input.pairs, () => 300), seed: input.seed },
      falseAlarms,
      missed: Option.getOrElse(input.missed, () => 0.1),
      ...{ retry: input.retry, breakLease: input.breakLease, inFlight: inFlightOf(chosen) },
    }).pipe(Effect.provide(modelServices(chosen, cache)))
    if (Option.isSome(input.pairs) && summary.failed === 0 && summary.separation.pairs < input.pairs.value)
      yield* Effect.logWarning(
        `--pairs ${input.pairs.value}: ${dataset} has ${summary.separation.pairs} length-matched pairs, and all of them are judged`,
      )
    yield* print(input.json, summary, lines(summary))
    if (summary.calibration === null)
      return yield* new IncompleteError({
        subject: `calibrate ${dataset}`,
        problem: `no threshold keeps false alarms at ${percent(falseAlarms)}: the model is certain that ${percent(summary.leastFalseAlarms)} of the complete annotations miss something`,
        remedy: `use another model, or further looks (--set paddings=[0,4]) in another --run; or allow more with --false-alarms`,
      })
    if (summary.failed > 0)
      return yield* new IncompleteError({
        subject: `calibrate ${dataset}`,
        problem: `${summary.failed} probes have no verdict; their pairs are left out`,
        remedy: `the reasons are in ${join(folder, 'curation.duckdb')}; fix them and run again with --retry`,
      })
  }),
).pipe(
  Command.withDescription(
    'Measure boundary reflection on annotations with a window hidden, and choose its thresholds',
  ),
  Command.withExamples([
    {
      command: 'spanwise calibrate --dataset shapes --pairs 60',
      description: 'on the synthetic dataset, whose truth is known',
    },
    {
      command: 'spanwise calibrate --dataset qvhighlights --split train --annotations DIR --videos DIR',
      description: 'on real annotations of several windows, with your model',
    },
    {
      command: 'spanwise calibrate --dataset charades --split test --revised charades_timelens:test',
      description: 'how well the verdicts of a run agree with a later revision by people',
    },
  ]),
)
