import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Effect } from 'effect'
import { type BoundaryReflectionSettings, boundaryReflection, watchReplies } from '../agents/index.ts'
import { IncompleteError, InputError, type Sample, sampleKey, type Window } from '../core/index.ts'
import { locate, removeFile, writeJson } from '../files/index.ts'
import { planSamples, runFold } from '../folds/index.ts'
import { VisionLanguageModel } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { literal, type Row } from '../store/index.ts'
import {
  type Calibration,
  calibrate,
  canCalibrate,
  type Judged,
  leastFalseAlarms,
  type Separation,
  separation,
} from './calibrate/measure.ts'
import { hideWindows, type Probe } from './calibrate/probes.ts'
import { type Agreement, agreement, revisionsOf } from './calibrate/revisions.ts'
import { openMerged } from './merge.ts'
import { parseSettings } from './settings.ts'

/** Options of `spanwise calibrate`. */
export interface CalibrateOptions {
  /** Name of the dataset, for messages. */
  readonly dataset: string
  /** Its samples; those of several windows, and of one, are what probes are made of. */
  readonly samples: ReadonlyArray<Sample>
  readonly videos: string
  /** Folder of the calibration, apart from curation runs. */
  readonly run: string
  readonly pairs: number
  readonly seed: number
  /** Largest share of complete annotations that may be flagged. */
  readonly falseAlarms: number
  /** Largest share of incomplete annotations that may pass as complete. */
  readonly missed: number
  /** The agent's settings; omitted ones have their defaults. */
  readonly settings?: { readonly [name: string]: unknown }
  readonly breakLease?: boolean
  readonly retry?: boolean
  readonly inFlight?: number
}

export interface CalibrateSummary {
  readonly separation: Separation
  /** Null where no threshold keeps to the false alarms: the model is sure of too many complete annotations. */
  readonly calibration: Calibration | null
  /** The smallest share of false alarms that a threshold can have, on the half that thresholds are chosen on. */
  readonly leastFalseAlarms: number
  /** Probes without a verdict; their pairs are left out. */
  readonly failed: number
  /** File with the thresholds, in the form that the configuration takes; null where there are none. */
  readonly thresholds: string | null
}

const windowsOf = (value: unknown): ReadonlyArray<Window> => (value ?? []) as ReadonlyArray<Window>

const judgedBy = (row: Row, probe: Probe, { paddings, reference }: BoundaryReflectionSettings): Judged => {
  const proposals = windowsOf(row.proposals)
  const yes = (row.p_yes ?? []) as ReadonlyArray<number | null>
  const looked = proposals.length + (reference === true ? probe.sample.windows!.length : 0)
  return {
    ...probe,
    said: {
      score: Number(row.score),
      ...{ proposals, yes },
      readable: !yes.includes(null) && row.criterion !== 'readable' && row.criterion !== 'placed',
      duration: Number(row.duration),
      // Each range is shown once with every padding.
      calls: 1 + looked * (1 + (paddings?.length ?? 0)),
    },
  }
}

/**
 * `spanwise calibrate`: hides windows of annotations that have several, and measures whether boundary reflection finds
 * them, against complete annotations of the same length. Writes `report.json` and `thresholds.json` into the run's folder.
 */
export const runCalibrate = Effect.fn('Pipelines.runCalibrate')(function* (options: CalibrateOptions) {
  const { run, videos, dataset } = options
  const { profile } = yield* VisionLanguageModel
  const settings = yield* parseSettings(boundaryReflection.command, boundaryReflection.settings, {
    ...boundaryReflection.defaults(profile),
    ...options.settings,
  })
  const { planned } = planSamples(options.samples, { index: 0, start: 0, end: options.samples.length })
  const present = planned.flatMap(({ sample }) => (existsSync(locate(videos, sample.file)) ? [sample] : []))
  const probes = hideWindows(present, options.pairs, options.seed)
  if (probes.length === 0)
    return yield* new InputError({
      subject: dataset,
      problem:
        present.length === 0
          ? `none of its ${options.samples.length} videos exists in ${videos}`
          : 'has no sample with several windows that another sample with a single window of that length can be compared with',
      remedy:
        present.length === 0
          ? 'set --videos to the folder of the videos'
          : 'use a dataset that annotates several windows per query, e.g. qvhighlights',
    })
  const few = new InputError({
    subject: dataset,
    problem: `has too few length-matched pairs (${probes.length / 3}): thresholds are chosen on one half of the videos and measured on the other, and one half has none`,
    remedy: 'raise --pairs, or use a dataset with more samples of several windows',
  })
  if (!canCalibrate(probes)) return yield* few
  const summary = yield* runFold(watchReplies(boundaryReflection), {
    folder: join(run, boundaryReflection.name),
    samples: probes.map(({ sample }) => sample),
    ...{ videos, settings },
    provenance: { spanwise: packageJson.version },
    ...(options.breakLease === undefined ? {} : { breakLease: options.breakLease }),
    ...(options.retry === undefined ? {} : { retry: options.retry }),
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
  })
  const rows = yield* Effect.scoped(
    Effect.flatMap(openMerged(resolve(run)), ({ database }) =>
      database.rows(
        'SELECT key, duration, score, proposals, p_yes, criterion FROM boundary_reflection WHERE score IS NOT NULL',
      ),
    ),
  )
  // Verdicts of earlier calibrations are about other windows, though their samples may have the same names.
  const byKey = new Map(rows.map((row) => [String(row.key), row]))
  const known = probes.filter(({ sample }) => byKey.has(sampleKey(sample)))
  const complete = new Map<number, number>()
  for (const { pair } of known) complete.set(pair, (complete.get(pair) ?? 0) + 1)
  const judged = known
    .filter(({ pair }) => complete.get(pair) === 3)
    .map((probe) => judgedBy(byKey.get(sampleKey(probe.sample))!, probe, settings))
  const failed = summary.failed + summary.absent
  if (!canCalibrate(judged))
    return yield* failed === 0
      ? few
      : new IncompleteError({
          subject: `calibrate ${dataset}`,
          problem: `${failed} of ${probes.length} probes have no verdict, which leaves too few pairs for thresholds`,
          remedy: `the reasons are in ${join(run, 'curation.duckdb')}; fix them and run again with --retry`,
        })
  const thresholds = join(run, 'thresholds.json')
  const measured = {
    separation: separation(judged),
    calibration: calibrate(judged, options.falseAlarms, options.missed),
  }
  yield* writeJson(join(run, 'report.json'), { dataset, seed: options.seed, ...measured })
  if (measured.calibration === null) yield* removeFile(thresholds)
  else yield* writeJson(thresholds, { agents: { bra: measured.calibration.thresholds } })
  const outcome: CalibrateSummary = {
    ...measured,
    leastFalseAlarms: leastFalseAlarms(judged),
    failed,
    thresholds: measured.calibration === null ? null : thresholds,
  }
  return outcome
})

export interface RevisionSummary {
  /** Samples whose video the revision does not contain: they have no label. */
  readonly unmatched: number
  readonly queries: number
  readonly windows: number
  readonly reflection: Agreement | null
  readonly difficulty: Agreement | null
}

/**
 * `spanwise calibrate --revised`: how well the verdicts of a run agree with what people later changed in its
 * annotations. Asks no model.
 */
export const runRevisions = Effect.fn('Pipelines.runRevisions')(function* (options: {
  readonly run: string
  readonly dataset: string
  readonly split: string
  readonly samples: ReadonlyArray<Sample>
  readonly revised: ReadonlyArray<Sample>
}) {
  const { run, samples } = options
  const revisions = revisionsOf(samples, options.revised)
  if (revisions.size === 0)
    return yield* new InputError({
      subject: '--revised',
      problem: `has no video in common with ${options.dataset} ${options.split}`,
      remedy: 'use the revision of this dataset and split, e.g. charades_timelens for charades test',
    })
  const scores = yield* Effect.scoped(
    Effect.gen(function* () {
      const { database } = yield* openMerged(resolve(run))
      const of = (table: string, column: string) =>
        Effect.map(
          database.rows(
            `SELECT sample, ${column} AS score FROM ${table} WHERE ${column} IS NOT NULL AND dataset = ${literal(options.dataset)} AND split = ${literal(options.split)}`,
          ),
          (rows) => new Map(rows.map(({ sample, score }) => [String(sample), Number(score)])),
        )
      return {
        reflection: yield* of('boundary_reflection', 'score'),
        difficulty: yield* of('difficulty_estimation', 'difficulty'),
      }
    }),
  )
  if (scores.reflection.size + scores.difficulty.size === 0)
    return yield* new InputError({
      subject: run,
      problem: `contains no verdicts of ${options.dataset} ${options.split}`,
      remedy: 'run "spanwise bra" or "spanwise dea" on it first',
    })
  const labels = [...revisions.values()]
  const count = (label: string) => labels.filter((one) => one === label).length
  const outcome: RevisionSummary = {
    unmatched: samples.length - revisions.size,
    queries: count('query'),
    windows: count('windows'),
    reflection: scores.reflection.size === 0 ? null : agreement(scores.reflection, revisions),
    difficulty: scores.difficulty.size === 0 ? null : agreement(scores.difficulty, revisions),
  }
  return outcome
})
