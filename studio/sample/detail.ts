import { join } from 'node:path'
import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import type { Sample, Window } from '../../core/index.ts'
import { readTruth } from '../../datasets/shapes/index.ts'
import { answerer } from '../../eval/index.ts'
import { listSlices, recordedPlan } from '../../folds/index.ts'
import { latestByKey, readReviews } from '../../reviews/index.ts'
import { type Columns, literal, sampleOfStored, sharedColumns } from '../../store/index.ts'
import { laneKinds, type SampleDetail, type Verdict } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import type { Question } from '../server/question.ts'
import { absent } from '../server/refusal.ts'
import { runOf, type Studio } from '../studio.ts'
import { selectFrom } from '../table/ask.ts'
import type { Snapshot } from '../table/snapshot.ts'
import { maskAt, maskLane } from '../training/mask.ts'
import { answerRows, showAnswer } from './answer.ts'
import { windowLane } from './lane.ts'
import { showOther } from './other.ts'
import { type VerdictRow, verdictRows } from './places.ts'
import { predictionLanes } from './predictions.ts'
import { acceptedFrom, showReflection } from './reflection.ts'
import { showRollouts } from './rollouts.ts'
import { videoFile } from './video-file.ts'

/** Columns that say what an agent found, without those of the sample and the bulky ones. */
const findings = (columns: Columns): ReadonlyArray<string> =>
  Object.entries(columns).flatMap(([name, { bulky }]) =>
    bulky === true || name in sharedColumns ? [] : [name],
  )

const showVerdict = ({ agent, row }: VerdictRow): Verdict => ({
  agent: agent.name,
  outcome: String(row.outcome),
  reason: row.reason === null ? null : String(row.reason),
  columns: Object.fromEntries(findings(agent.columns).map((name) => [name, row[name] ?? null])),
})

/** The true windows, where the dataset is a world whose truth is known. */
const trueLanes = Effect.fnUntraced(function* (run: FoundRun, sample: Sample) {
  if (sample.dataset !== 'shapes') return []
  for (const { name } of Object.values(agents))
    for (const { folder, slice } of yield* listSlices(join(run.path, name))) {
      if (slice?.dataset !== sample.dataset || slice.split !== sample.split) continue
      const plan = yield* recordedPlan(folder)
      if (plan === null) continue
      const truth = yield* readTruth(plan.source.annotations, sample.split).pipe(
        Effect.map((truths) => truths.get(sample.id)?.windows ?? null),
        Effect.orElseSucceed(() => null),
      )
      if (truth !== null) return [windowLane('true', 'true', 'true', truth, { annotated: sample.windows })]
    }
  return []
})

/** What curations and reviewers made of a sample. */
const decidedLanes = Effect.fnUntraced(function* (
  run: FoundRun,
  snapshot: Snapshot,
  key: string,
  annotated: ReadonlyArray<Window> | null,
) {
  const { rows } = yield* selectFrom(
    snapshot,
    `SELECT selection, decision, windows FROM curated WHERE "key" = ${literal(key)} ORDER BY selection`,
  )
  const curated = rows.flatMap(([selection, decision, windows]) =>
    windows === null
      ? []
      : [
          windowLane(
            'curated',
            `curated/${selection}`,
            `${selection}: ${decision}`,
            windows as unknown as ReadonlyArray<Window>,
            { annotated },
          ),
        ],
  )
  const reviews = [...(yield* readReviews(run.path))].flatMap(([reviewer, all]) => {
    const review = latestByKey(all).get(key)
    if (review === undefined) return []
    return [
      windowLane('review', `review/${reviewer}`, `${reviewer}: ${review.decision}`, review.after ?? [], {
        annotated,
      }),
    ]
  })
  return [...curated, ...reviews]
})

const exchangesOf = Effect.fnUntraced(function* (run: FoundRun, verdict: VerdictRow, sample: Sample) {
  if (typeof verdict.row.evidence !== 'string') return { exchanges: [], lanes: [] }
  if (verdict.agent.name === agents.bra.name) return showReflection(verdict, yield* acceptedFrom(run.path))
  if (verdict.agent.name === agents.dea.name) return showRollouts(verdict, sample)
  if (verdict.agent.name === answerer.name) return showAnswer(verdict, sample)
  return showOther(verdict, sample)
})

/** Rows around a sample's own in which those of the same video are looked for. */
const around = 100

const siblingsOf = Effect.fnUntraced(function* (snapshot: Snapshot, key: string, sample: Sample) {
  const number = snapshot.numbers.get(key)
  const near =
    number === undefined ? '' : `number BETWEEN ${Math.max(0, number - around)} AND ${number + around} AND`
  const { rows } = yield* selectFrom(
    snapshot,
    `SELECT "key", "query" FROM samples WHERE ${near} video = ${literal(sample.video)}
     AND dataset = ${literal(sample.dataset)} AND "key" <> ${literal(key)} LIMIT 20`,
  )
  return rows.map(([other, query]) => ({ key: String(other), query: String(query) }))
})

/** A snapshot that holds a sample: the beginning of a large run where a page of it has shown the sample. */
const snapshotFor = Effect.fnUntraced(function* (studio: Studio, run: FoundRun, key: string) {
  const early = yield* studio.snapshots.of(run, 0)
  return early.numbers.has(key) ? early : yield* studio.snapshots.of(run)
})

/** A sample of a curation or an evaluation with what was recorded of it, by the parameters of a request. */
export const askedSample = Effect.fnUntraced(function* (studio: Studio, { params }: Question) {
  const run = yield* runOf(studio, params.run ?? '')
  const key = params.key ?? ''
  if (run.kind === 'training') return yield* absent('such sample in this run')
  const snapshot = run.kind === 'curation' ? yield* snapshotFor(studio, run, key) : null
  const verdicts =
    snapshot === null ? yield* answerRows(studio, run, key) : yield* verdictRows(studio, run, snapshot, key)
  return { run, key, snapshot, verdicts, sample: sampleOfStored(verdicts[0]!.row) }
})

/** The frames that a training hides at a step, where the request names both and the training knows the sample. */
const maskedLanes = Effect.fnUntraced(function* (studio: Studio, { query }: Question, key: string) {
  const [training, step] = [query.get('training'), Number(query.get('step') ?? 0)]
  if (training === null || !Number.isInteger(step) || step < 0) return []
  const run = yield* runOf(studio, training)
  return yield* maskAt(studio, run, key, step).pipe(
    Effect.map((mask) => [maskLane(mask, run.name)]),
    Effect.catchTag('Refusal', () => Effect.succeed([])),
  )
})

/** `GET /api/runs/:run/samples/:key`. */
export const sampleDetail = Effect.fn('Studio.sampleDetail')(function* (studio: Studio, question: Question) {
  const { run, key, snapshot, verdicts, sample } = yield* askedSample(studio, question)
  const shown = yield* Effect.forEach(verdicts, (verdict) => exchangesOf(run, verdict, sample))
  const video = yield* videoFile(studio, run, sample)
  const { windows } = sample
  const measured = verdicts.map(({ row }) => row.duration).find((duration) => duration !== null)
  const lanes = [
    ...(windows === null ? [] : [windowLane('annotated', 'annotated', 'annotated', windows)]),
    ...(yield* trueLanes(run, sample)),
    ...shown.flatMap((one) => one.lanes),
    ...(snapshot === null ? [] : yield* decidedLanes(run, snapshot, key, windows)),
    ...(yield* predictionLanes(studio, sample)),
    ...(yield* maskedLanes(studio, question, key)),
  ]
  return {
    ...{ key, sample: sample.id, dataset: sample.dataset, split: sample.split, task: sample.task },
    ...{ query: sample.query, options: sample.options ?? null, answer: sample.answer ?? null },
    video: {
      id: sample.video,
      found: video.path !== null,
      problem: video.path === null ? video.problem : null,
      type: video.path === null ? null : video.type,
    },
    duration: typeof measured === 'number' ? measured : sample.duration,
    windows,
    verdicts: verdicts.map(showVerdict),
    lanes: lanes.toSorted((a, b) => laneKinds.indexOf(a.kind) - laneKinds.indexOf(b.kind)),
    exchanges: shown.flatMap((one) => one.exchanges),
    siblings: snapshot === null ? [] : yield* siblingsOf(snapshot, key, sample),
  } satisfies SampleDetail
})
