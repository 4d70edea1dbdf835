import { basename, dirname, join, resolve } from 'node:path'
import { Clock, Effect } from 'effect'
import { z } from 'zod'
import { difficultyEstimation } from '../agents/index.ts'
import { type InputError, mean } from '../core/index.ts'
import { type Candidate, defaultSelection, type Selection, select } from '../curriculum/index.ts'
import { lookup } from '../datasets/index.ts'
import { contentHash, readJson, writeWhole } from '../files/index.ts'
import { anyProfile } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { type Merged, mergeReviews, readReviews } from '../reviews/index.ts'
import {
  type CuratedSample,
  type Curation,
  curatedFile,
  curatedRow,
  curatedSampleTypes,
  curatedTypes,
  literal,
  parquetOf,
  type Row,
  readMetadata,
  type StoreError,
  sampleOfStored,
  writePart,
} from '../store/index.ts'
import { type ActSettings, act, type Decision, defaultActSettings, rejudge } from './curate/act.ts'
import { datasetCard } from './curate/card.ts'
import { claimCuration } from './curate/claim.ts'
import { checkMeasured, requireVerdicts } from './curate/needed.ts'
import { type EvaluationSource, refuseOverlap } from './curate/overlap.ts'
import { type ReviewMode, reviewed } from './curate/reviewed.ts'
import { joinVerdicts, type Verdicts } from './curate/verdicts.ts'
import { openMerged } from './merge.ts'
import { parseSettings } from './settings.ts'

/** Options of `spanwise curate`. */
export interface CurateOptions {
  /** The run's folder, with the verdicts of `bra`, `dea` or both; see `requireVerdicts`. */
  readonly run: string
  /** Which of the run's datasets and splits; by default the only one, or its training split. */
  readonly dataset?: string
  readonly split?: string
  /** Folder of the curated dataset; default `RUN/curated`. */
  readonly out?: string
  /** Replace a dataset that was curated with other settings. */
  readonly replace?: boolean
  readonly act?: Partial<ActSettings>
  readonly selection?: Partial<Selection>
  /** Evaluation sets: a sample whose video one of them holds stops the curation. */
  readonly evaluation?: ReadonlyArray<EvaluationSource>
  /** Folder of the videos of each dataset, where known: files are then compared by content too. */
  readonly videos?: { readonly [dataset: string]: string }
  /** What people decided in the studio goes over the agents' verdicts, unless it is ignored. */
  readonly reviews?: ReviewMode
}

export interface CurateSummary {
  readonly samples: number
  readonly decisions: { readonly [decision: string]: number }
  /** Samples that could be selected. */
  readonly pool: number
  readonly selected: number
  /** Samples that people decided about, by their decision; `conflict` where they do not agree. */
  readonly reviews: { readonly [decision: string]: number }
  readonly bands: { readonly [band: string]: number }
  /** Verdicts in the part files that do not count: superseded, or no longer planned. */
  readonly superseded: number
  readonly out: string
  readonly seconds: number
}

interface Judged {
  readonly row: Row
  readonly decision: Decision
  /** Null where difficulty was not estimated. */
  readonly score: ReturnType<typeof rejudge> | null
  readonly partialScore: number | null
}

const tally = (names: Iterable<string>): { readonly [name: string]: number } => {
  const counts: { [name: string]: number } = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** The difficulty settings a run was made with, for judging its rollouts again. */
const difficultySettings = Effect.fnUntraced(function* (folder: string) {
  const stored = yield* readJson(join(folder, 'settings.json'), z.object({ settings: z.unknown() }))
  return yield* parseSettings(difficultyEstimation.command, difficultyEstimation.settings, {
    ...difficultyEstimation.defaults(anyProfile),
    ...(stored?.settings as object | undefined),
  })
})

const decideAll = (
  { pairs, reflected, measured }: Verdicts,
  settings: ActSettings,
  difficulty: Parameters<typeof rejudge>[2],
  reviews: ReadonlyMap<string, Merged>,
): ReadonlyArray<Judged> =>
  pairs.map((pair) => {
    const { bra, dea } = pair
    const row = (dea?.evidence != null ? dea : (bra ?? dea))!
    const decision = reviewed(
      act(bra, dea, settings, { reflected, measured }),
      reviews.get(String(row.key)),
      pair,
      measured,
    )
    const score =
      dea?.evidence == null
        ? null
        : rejudge({ ...sampleOfStored(dea), windows: decision.windows }, dea, difficulty)
    return { row, decision, score, partialScore: bra?.score == null ? null : Number(bra.score) }
  })

/**
 * `spanwise curate`: reads every verdict of a run into `RUN/curation.duckdb` (one per sample and agent), drops or
 * repairs partial annotations, selects samples and writes the curated dataset: `train.parquet`, `train.jsonl`,
 * `decisions.parquet` and a card. Repaired samples get their difficulty from the rollouts already made, judged by the
 * new windows.
 */
export const runCurate = Effect.fn('Pipelines.runCurate')(function* (
  options: CurateOptions,
): Effect.fn.Return<CurateSummary, InputError | StoreError> {
  const started = yield* Clock.currentTimeMillis
  const out = options.out ?? join(options.run, 'curated')
  const settings: ActSettings = { ...defaultActSettings, ...options.act }
  const difficulty = yield* difficultySettings(join(options.run, difficultyEstimation.name))
  const { easy, hard } = difficulty
  const selection: Selection = { ...defaultSelection, bounds: { easy, hard }, ...options.selection }
  yield* requireVerdicts(options.run, selection.method)

  return yield* Effect.scoped(
    Effect.gen(function* () {
      const merged = yield* openMerged(options.run)
      const { database, superseded } = merged
      const verdicts = yield* joinVerdicts(merged, resolve(options.run), {
        ...(options.dataset === undefined ? {} : { dataset: options.dataset }),
        ...(options.split === undefined ? {} : { split: options.split }),
      })
      const { slice, reflected, measured } = verdicts
      if (!reflected)
        yield* Effect.logWarning('no boundary reflection in this run: every annotation counts as complete')
      yield* checkMeasured(verdicts, selection.method)
      yield* refuseOverlap(
        verdicts.pairs.map(({ bra, dea }) => (bra ?? dea)!),
        options.evaluation ?? [],
        options.videos ?? {},
      )
      const mode = options.reviews ?? 'use'
      const reviews =
        mode === 'use' ? mergeReviews(yield* readReviews(options.run)) : new Map<string, Merged>()
      const judged = decideAll(verdicts, settings, difficulty, reviews)
      const byPeople = judged.flatMap(({ row }) => reviews.get(String(row.key)) ?? [])
      const reviewCounts = tally(byPeople.map(({ decision }) => decision))
      const pool = judged.flatMap(
        ({ row, decision, score }): ReadonlyArray<Candidate> =>
          decision.weight > 0 && (score !== null || !measured)
            ? [
                {
                  id: String(row.key),
                  iou: score === null ? 0 : 1 - score.difficulty,
                  windows: decision.windows ?? [],
                  duration: Number(row.duration),
                },
              ]
            : [],
      )
      const chosen = new Set(select(pool, selection))
      const selected = judged.filter(({ row }) => chosen.has(String(row.key)))
      const bands = tally(selected.flatMap(({ score }) => score?.band ?? []))
      const decisions = tally(judged.map(({ decision }) => decision.decision))

      const name = basename(resolve(out))
      // Folders elsewhere may have the name of one in the run.
      const kept = dirname(resolve(out)) === resolve(options.run) ? name : resolve(out)
      const rows = judged.map(
        ({ row, decision, score, partialScore }): Row => ({
          ...Object.fromEntries(Object.keys(curatedTypes).map((column) => [column, row[column] ?? null])),
          selection: name,
          annotated: row.windows ?? null,
          windows: decision.windows,
          decision: decision.decision,
          reason: decision.reason,
          weight: decision.weight,
          mean_iou: score?.meanIou ?? null,
          difficulty: score?.difficulty ?? null,
          band: score?.band ?? null,
          partial_score: partialScore,
          selected: chosen.has(String(row.key)),
        }),
      )
      const curated = selected.map(
        ({ row, decision, score, partialScore }): CuratedSample => ({
          ...sampleOfStored(row),
          windows: decision.windows,
          curation: {
            key: String(row.key),
            decision: decision.decision as Curation['decision'],
            weight: decision.weight,
            ...(score ?? { meanIou: null, difficulty: null, band: null }),
            partialScore,
            annotated: row.windows as Curation['annotated'],
          },
        }),
      )
      const provenance: { readonly [name: string]: string } = {
        spanwise: packageJson.version,
        act: JSON.stringify(settings),
        selection: JSON.stringify(selection),
        reviews: byPeople.length === 0 ? mode : contentHash(byPeople.map((one) => ({ ...one }))),
        ...Object.fromEntries(
          (yield* Effect.forEach(verdicts.parts, (part) => readMetadata(database, part))).flatMap(
            (metadata) =>
              Object.entries(metadata).map(([key, value]) => [`${metadata.agent} ${key}`, value] as const),
          ),
        ),
      }
      yield* claimCuration(
        database,
        out,
        { ...slice, act: { ...settings }, selection: JSON.parse(JSON.stringify(selection)), reviews: mode },
        options.replace ?? false,
      )
      yield* writePart(database, join(out, 'decisions.parquet'), curatedTypes, rows, provenance)
      yield* writePart(
        database,
        join(out, 'train.parquet'),
        curatedSampleTypes,
        curated.map(curatedRow),
        provenance,
      )
      yield* writeWhole(
        join(out, curatedFile),
        curated.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
      )
      yield* database.run(`
        BEGIN;
        DELETE FROM curated WHERE selection = ${literal(kept)};
        INSERT INTO curated BY NAME
          SELECT * REPLACE (${literal(kept)} AS selection) FROM ${parquetOf([join(out, 'decisions.parquet')])};
        DELETE FROM provenance WHERE selection = ${literal(kept)};
        ${Object.entries(provenance)
          .map(
            ([key, value]) =>
              `INSERT INTO provenance VALUES (${[kept, key, value].map(literal).join(', ')});`,
          )
          .join('\n')}
        COMMIT;`)
      const sources = [...new Map(rows.map((row) => [`${row.dataset} ${row.split}`, row])).values()]
      yield* writeWhole(
        join(out, 'README.md'),
        datasetCard({
          name,
          datasets: yield* Effect.forEach(sources, (row) =>
            lookup(String(row.dataset)).pipe(
              Effect.map(({ licence }) => licence),
              Effect.orElseSucceed(() => null),
              Effect.map((licence) => ({ name: String(row.dataset), split: String(row.split), licence })),
            ),
          ),
          act: settings,
          selection,
          decisions,
          bands,
          reviews: reviewCounts,
          reviewers: [...new Set(byPeople.flatMap(({ reviewers }) => reviewers))].length,
          samples: judged.length,
          selected: selected.length,
          videos: new Set(selected.map(({ row }) => row.video)).size,
          meanIou: measured ? mean(selected.map(({ score }) => score!.meanIou)) : null,
          evaluation: (options.evaluation ?? []).map(({ dataset, split }) => `${dataset} ${split}`),
          provenance,
        }),
      )
      return {
        samples: judged.length,
        decisions,
        pool: pool.length,
        selected: selected.length,
        reviews: reviewCounts,
        bands,
        superseded,
        out,
        seconds: ((yield* Clock.currentTimeMillis) - started) / 1000,
      }
    }),
  )
})
