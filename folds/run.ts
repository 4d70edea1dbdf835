import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Clock, Effect, Stream } from 'effect'
import type { Agent, ViewSettings } from '../agents/index.ts'
import { InputError, type Json, Progress, type Sample } from '../core/index.ts'
import { type ModelError, VisionLanguageModel } from '../models/index.ts'
import {
  columnsOf,
  type Database,
  listFolder,
  makeFolder,
  openDatabase,
  readJson,
  readParts,
  removeFile,
  type StoreError,
  sweep,
  writeJson,
  writePart,
} from '../store/index.ts'
import type { Videos } from '../video/index.ts'
import { appendJournal, mendJournal, type Record, readJournal } from './journal.ts'
import { contentHash } from './key.ts'
import { holdFolder } from './lease.ts'
import { look } from './look.ts'
import { type Counts, countOutcomes, type Manifest, manifestSchema, type Outcome } from './manifest.ts'
import { defaultFoldSize, type Fold, foldAt, type Planned, planSamples } from './plan.ts'
import { fromRow, toRow } from './row.ts'
import { claimSettings, type FoldSettings, settingsHash } from './settings.ts'

export interface FoldOptions<S extends ViewSettings> {
  /** The agent's folder in the run: `RUN/boundary-reflection`. */
  readonly folder: string
  /** Every sample of the dataset that the agent is to see, in the order of the annotation files. */
  readonly samples: ReadonlyArray<Sample>
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: S
  readonly fold?: number
  readonly foldSize?: number
  /** What else is recorded beside the verdicts: file hashes, package version. */
  readonly provenance?: { readonly [name: string]: string }
  /** Look again at samples that failed or were absent. */
  readonly retry?: boolean
  /** Rows of a part file. */
  readonly partSize?: number
  readonly inFlight?: number
  readonly decoders?: number
}

export interface FoldSummary extends Counts {
  /** Working time of this start. */
  readonly seconds: number
}

export const partName = (index: number): string => `part-${String(index).padStart(5, '0')}.parquet`
const isPart = (name: string) => /^part-\d+\.parquet$/.test(name)

export const foldName = (fold: Fold): string =>
  `fold-${String(fold.start).padStart(8, '0')}-${String(fold.end).padStart(8, '0')}`

/** The finished part files of an agent's folder, all folds together, sorted. */
export const listParts = Effect.fn('Folds.listParts')(function* (folder: string) {
  const parts: Array<string> = []
  for (const fold of (yield* listFolder(folder)).filter((name) => name.startsWith('fold-')))
    for (const name of (yield* listFolder(join(folder, fold))).filter(isPart))
      parts.push(join(folder, fold, name))
  return parts
})

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const sha256 = (path: string) =>
  Effect.promise(async () =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  )

/** Rows of earlier starts for these samples: of this fold, and of any other cut of the dataset. */
const findKnown = Effect.fnUntraced(function* (
  database: Database,
  folder: string,
  journal: string,
  hash: string,
  keys: ReadonlySet<string>,
) {
  const known = new Map<string, Record>()
  const add = (record: Record) => {
    const before = known.get(record.key)
    const looked = record.state === 'looked' || record.state === 'unfit'
    if (keys.has(record.key) && (before === undefined || looked)) known.set(record.key, record)
  }
  for (const fold of (yield* listFolder(folder)).filter((name) => name.startsWith('fold-'))) {
    const parts = (yield* listFolder(join(folder, fold))).filter(isPart)
    const rows = yield* readParts(
      database,
      parts.map((name) => join(folder, fold, name)),
      ['key', 'settings', 'outcome', 'reason', 'evidence'],
    )
    for (const row of rows) if (row.settings === hash) add(fromRow(row))
    const other = join(folder, fold, 'journal.jsonl')
    if (other !== journal) for (const record of (yield* readJournal(other)).values()) add(record)
  }
  for (const record of (yield* readJournal(journal)).values()) add(record)
  return known
})

/** The parts of this fold that hold exactly the planned samples of their slice. */
const findFinished = Effect.fnUntraced(function* (
  database: Database,
  folder: string,
  hash: string,
  slices: ReadonlyArray<ReadonlyArray<Planned>>,
) {
  const finished = new Map<number, ReadonlyArray<Outcome>>()
  for (const [index, slice] of slices.entries()) {
    const names = yield* listFolder(folder)
    if (!names.includes(partName(index))) continue
    const rows = yield* readParts(database, [join(folder, partName(index))], ['key', 'settings', 'outcome'])
    if (
      rows.length === slice.length &&
      rows.every((row, i) => row.key === slice[i]!.key && row.settings === hash)
    )
      finished.set(
        index,
        rows.map((row) => row.outcome as Outcome),
      )
  }
  return finished
})

/**
 * Runs one fold to its end, from wherever an earlier start left it. Every sample that an earlier start finished, in
 * this fold or in another cut of the same dataset, keeps its verdict; each other sample is looked at once. A record is
 * in the journal before it is judged; parts are slices of the plan and are written when their samples are complete, so
 * their bytes do not depend on interruptions. The manifest comes last; a fold that has one is answered from it.
 */
export const runFold = Effect.fn('Folds.runFold')(function* <S extends ViewSettings, E, C>(
  agent: Agent<S, E, C>,
  options: FoldOptions<S>,
): Effect.fn.Return<FoldSummary, InputError | StoreError | ModelError, Videos | VisionLanguageModel> {
  const started = yield* Clock.currentTimeMillis
  const seconds = Effect.map(Clock.currentTimeMillis, (now) => (now - started) / 1000)
  const model = yield* VisionLanguageModel
  const progress = yield* Progress
  const { samples } = options
  const fold = foldAt(samples.length, options.foldSize ?? defaultFoldSize, options.fold ?? 0)
  if (fold instanceof InputError) return yield* fold
  const identity: FoldSettings = {
    agent: agent.name,
    prompt: agent.promptVersion,
    model: model.identity,
    settings: JSON.parse(JSON.stringify(options.settings)) as { readonly [name: string]: Json },
  }
  const hash = settingsHash(identity)
  const { planned, duplicates } = planSamples(samples, fold)
  const slices = chunks(planned, options.partSize ?? 256)
  const plan = contentHash(planned.map(({ key }) => key))
  const folder = join(options.folder, foldName(fold))
  const manifestPath = join(folder, 'manifest.json')
  const journal = join(folder, 'journal.jsonl')
  yield* claimSettings(options.folder, identity)

  return yield* Effect.scoped(
    Effect.gen(function* () {
      const lease = yield* holdFolder(folder, `${agent.command} fold ${fold.index} (${folder})`)
      const before = yield* readJson(manifestPath, manifestSchema)
      const retryWanted =
        options.retry === true && before !== null && before.counts.failed + before.counts.absent > 0
      if (before !== null && before.plan === plan && before.settings === hash && !retryWanted) {
        yield* progress.report({
          label: agent.name,
          done: before.counts.done,
          total: planned.length,
          failed: before.counts.failed,
        })
        return { ...before.counts, seconds: yield* seconds }
      }
      yield* makeFolder(folder)
      yield* removeFile(manifestPath)
      yield* sweep(folder)
      yield* mendJournal(journal)

      const database = yield* openDatabase(':memory:', { threads: 1, memory: '512MB' })
      const finished = yield* findFinished(database, folder, hash, slices)
      if (options.retry === true)
        for (const [index, outcomes] of finished)
          if (outcomes.some((outcome) => outcome === 'failed' || outcome === 'absent')) finished.delete(index)
      const open = slices
        .map((slice, index) => ({ slice, index }))
        .filter(({ index }) => !finished.has(index))
      const records = yield* findKnown(
        database,
        options.folder,
        journal,
        hash,
        new Set(open.flatMap(({ slice }) => slice.map(({ key }) => key))),
      )
      if (options.retry === true)
        for (const [key, record] of records)
          if (record.state === 'failed' || record.state === 'absent') records.delete(key)
      const todo = open.flatMap(({ slice }) => slice.filter(({ key }) => !records.has(key)))
      const sliceOf = new Map(
        open.flatMap(({ slice, index }) => slice.map(({ key }) => [key, index] as const)),
      )
      const missing = new Map(
        open.map(({ slice, index }) => [index, slice.filter(({ key }) => !records.has(key)).length]),
      )
      const metadata = {
        ...options.provenance,
        agent: agent.name,
        prompt: agent.promptVersion,
        model: JSON.stringify(model.identity),
        settings: JSON.stringify(identity.settings),
        settings_hash: hash,
      }

      let done = planned.length - todo.length
      let failed = 0
      const report = Effect.suspend(() =>
        progress.report({ label: agent.name, done, total: planned.length, failed }),
      )
      const writeSlice = Effect.fnUntraced(function* (index: number) {
        const rows = slices[index]!.map((entry) =>
          toRow(agent, options.settings, hash, entry, records.get(entry.key)!),
        )
        yield* lease.check
        yield* Effect.uninterruptible(
          writePart(database, join(folder, partName(index)), columnsOf(agent), rows, metadata),
        )
        for (const { key } of slices[index]!) records.delete(key)
        finished.set(
          index,
          rows.map((row) => row.outcome as Outcome),
        )
      })
      yield* report
      for (const [index, left] of missing) if (left === 0) yield* writeSlice(index)
      yield* look(agent, todo, {
        videos: options.videos,
        settings: options.settings,
        context: agent.prepare(samples),
        inFlight: options.inFlight ?? 16,
        decoders: options.decoders ?? 4,
      }).pipe(
        Stream.runForEach(
          Effect.fnUntraced(function* (record) {
            yield* appendJournal(journal, record)
            records.set(record.key, record)
            done++
            if (record.state === 'failed') failed++
            const index = sliceOf.get(record.key)!
            const left = missing.get(index)! - 1
            missing.set(index, left)
            if (left === 0) yield* writeSlice(index)
            yield* report
          }),
        ),
      )

      const names = slices.map((_, index) => partName(index))
      // Parts of another plan that had this fold's name, e.g. after annotations were mended.
      for (const name of (yield* listFolder(folder)).filter(isPart))
        if (!names.includes(name)) yield* removeFile(join(folder, name))
      const counts = countOutcomes([...finished.values()].flat(), fold.end - fold.start, duplicates)
      const manifest: Manifest = {
        version: 1,
        agent: agent.name,
        settings: hash,
        fold,
        plan,
        counts,
        parts: yield* Effect.forEach(names, (name, index) =>
          Effect.map(sha256(join(folder, name)), (digest) => ({
            name: basename(name),
            rows: slices[index]!.length,
            sha256: digest,
          })),
        ),
        provenance: metadata,
        seconds: yield* seconds,
      }
      yield* lease.check
      yield* writeJson(manifestPath, manifest)
      yield* removeFile(journal)
      return { ...counts, seconds: yield* seconds }
    }),
  )
})
