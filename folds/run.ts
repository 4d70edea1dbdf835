import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Clock, Effect, Stream } from 'effect'
import type { Agent, LookSettings } from '../agents/index.ts'
import { InputError, type Json, Progress, type Sample } from '../core/index.ts'
import {
  dropIncompleteRow,
  holdFolder,
  listFolder,
  makeFolder,
  readJson,
  removeFile,
  sweep,
  writeJson,
} from '../files/index.ts'
import { type ModelError, VisionLanguageModel } from '../models/index.ts'
import { columnsOf, type DatabaseError, openDatabase, type StoreError, writePart } from '../store/index.ts'
import type { Videos } from '../video/index.ts'
import { type FinishedRow, findFinished, findKnown, foldName, isPart, partName } from './found.ts'
import type { JournalEntry } from './journal.ts'
import { look } from './look.ts'
import { type Counts, countOutcomes, type Manifest, manifestSchema, type Outcome } from './manifest.ts'
import { breakLeases, holderOfSamples } from './overlap.ts'
import { defaultFoldSize, type Fold, foldAt, planSamples } from './plan.ts'
import { planHash } from './plan-file.ts'
import { toRow } from './row.ts'
import { claimSettings, type FoldSettings, settingsHash } from './settings.ts'
import { claimSlice, sliceOf } from './slices.ts'
import { keepStatus } from './status.ts'
import { makeStopwatch } from './stopwatch.ts'
import { totalUsage, usageName } from './usage.ts'
import { makeWritten } from './written.ts'

/** Each further part file costs merges and queries 1.5 ms. */
export const defaultPartSize = 1024

export interface FoldOptions<S extends LookSettings> {
  /** The agent's folder in the run: `RUN/boundary-reflection`. */
  readonly folder: string
  /** Every sample of the dataset for the agent, in the order of the annotation files. */
  readonly samples: ReadonlyArray<Sample>
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: S
  readonly fold?: number
  readonly foldSize?: number
  /** Further data recorded with the verdicts: file hashes, package version. */
  readonly provenance?: { readonly [name: string]: string }
  /** Process samples again that failed or whose video was missing. */
  readonly retry?: boolean
  /** Take over the fold, or samples of it, from another holder. */
  readonly breakLease?: boolean
  /** Called with the slice's folder and the fold's plan once the fold is held, before anything in it changes. */
  readonly onHeld?: (
    folder: string,
    fold: Fold & { readonly plan: string },
  ) => Effect.Effect<void, DatabaseError, Videos>
  /** Rows of a part file, default `defaultPartSize`. */
  readonly partSize?: number
  readonly inFlight?: number
  readonly decoders?: number
  /** Maximum bytes of frames held at the same time; default 512 MiB. */
  readonly memory?: number
}

export interface FoldSummary extends Counts {
  /** Working time of this start. */
  readonly seconds: number
}

/** 512 MiB: four clips of 64 frames of 600 000 pixels at once, hundreds of small ones. */
const defaultMemory = 512 << 20

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

const sha256 = (path: string) =>
  Effect.promise(async () =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  )

/**
 * Runs one fold to its end, continuing an earlier start. Every sample that an earlier start finished, in
 * this fold or in another cut of the same dataset, keeps its verdict; every other sample is processed once. A record is
 * in the journal before it is judged; parts are runs of samples of the plan and are written when their samples are complete, so
 * their bytes do not depend on interruptions. The manifest comes last; a fold that has one is answered from it.
 */
export const runFold = Effect.fn('Folds.runFold')(function* <S extends LookSettings, E, C>(
  agent: Agent<S, E, C, Videos | VisionLanguageModel>,
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
    prompt: agent.promptVersion(options.settings),
    model: model.identity,
    settings: JSON.parse(JSON.stringify(options.settings)) as { readonly [name: string]: Json },
  }
  const hash = settingsHash(identity)
  const { planned, duplicates } = planSamples(samples, fold)
  const parts = chunks(planned, options.partSize ?? defaultPartSize)
  const plan = planHash(planned)
  yield* claimSettings(options.folder, identity)
  const slice = yield* claimSlice(options.folder, sliceOf(samples))
  const folder = join(slice, foldName(fold))
  const manifestPath = join(folder, 'manifest.json')
  const journal = join(folder, 'journal.jsonl')
  const usage = join(folder, usageName)
  if (options.breakLease === true) yield* breakLeases(slice)

  return yield* Effect.scoped(
    Effect.gen(function* () {
      const lease = yield* holdFolder(folder, `${agent.command} fold ${fold.index} (${folder})`)
      if (options.onHeld !== undefined) yield* options.onHeld(slice, { ...fold, plan })
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
      const other = yield* holderOfSamples(slice, fold, foldName(fold))
      if (other !== null)
        return yield* new InputError({
          subject: `${agent.command} fold ${fold.index} (${folder})`,
          problem: `has samples in common with ${other.name}, held by process ${other.lease.pid} on ${other.lease.host}`,
          remedy: 'wait for it or stop it',
        })
      yield* makeFolder(folder)
      yield* removeFile(manifestPath)
      yield* sweep(folder)
      yield* dropIncompleteRow(journal)
      yield* dropIncompleteRow(usage)

      const database = yield* openDatabase(':memory:', { threads: 1, memory: '512MB' })
      const finished = yield* findFinished(database, folder, hash, parts)
      if (options.retry === true)
        for (const [index, outcomes] of finished)
          if (outcomes.some(({ state }) => state === 'failed' || state === 'absent')) finished.delete(index)
      const open = parts.map((part, index) => ({ part, index })).filter(({ index }) => !finished.has(index))
      const records = yield* findKnown(
        database,
        // Earlier versions kept every split in the agent's own folder.
        [...new Set([options.folder, slice])],
        journal,
        hash,
        new Set(open.flatMap(({ part }) => part.map(({ key }) => key))),
      )
      if (options.retry === true)
        for (const [key, record] of records)
          if (record.state === 'failed' || record.state === 'absent') records.delete(key)
      const todo = open.flatMap(({ part }) => part.filter(({ key }) => !records.has(key)))
      const partOf = new Map(open.flatMap(({ part, index }) => part.map(({ key }) => [key, index] as const)))
      const missing = new Map(
        open.map(({ part, index }) => [index, part.filter(({ key }) => !records.has(key)).length]),
      )
      const metadata = {
        ...options.provenance,
        agent: agent.name,
        prompt: identity.prompt,
        model: JSON.stringify(model.identity),
        settings: JSON.stringify(identity.settings),
        settings_hash: hash,
      }

      const stopwatch = makeStopwatch()
      const timed = <A, E, R>(work: Effect.Effect<A, E, R>) =>
        Effect.gen(function* () {
          const from = yield* Clock.currentTimeMillis
          const value = yield* work
          stopwatch.add('write', (yield* Clock.currentTimeMillis) - from)
          return value
        })
      const status = yield* keepStatus(folder, {
        planned: planned.length,
        before: [...[...finished.values()].flat(), ...records.values()],
        ...(model.health === undefined ? {} : { endpoints: model.health }),
      })
      let done = planned.length - todo.length
      let failed = 0
      let looked = 0
      const report = Effect.suspend(() =>
        progress.report({ label: agent.name, done, total: planned.length, failed }),
      )
      const finishPart = Effect.fnUntraced(function* (index: number) {
        const rows = parts[index]!.map((entry) =>
          toRow(agent, options.settings, hash, entry, records.get(entry.key)!),
        )
        yield* lease.check
        yield* Effect.uninterruptible(
          writePart(database, join(folder, partName(index)), columnsOf(agent), rows, metadata),
        )
        for (const { key } of parts[index]!) records.delete(key)
        const outcomes = rows.map(
          ({ outcome, reason }): FinishedRow => ({
            state: outcome as Outcome,
            reason: reason as string | null,
          }),
        )
        finished.set(index, outcomes)
        status.judged(outcomes.map(({ state }) => state))
      })
      const accept = Effect.fnUntraced(function* (record: JournalEntry) {
        records.set(record.key, record)
        status.recorded(record)
        done++
        if (record.state === 'failed') failed++
        if (record.state === 'looked' || record.state === 'failed') looked++
        const index = partOf.get(record.key)!
        const left = missing.get(index)! - 1
        missing.set(index, left)
        if (left === 0) yield* timed(finishPart(index))
      })
      // An interruption or an error discards what waits in the stream.
      const written = makeWritten(journal, usage, lease.check)
      yield* report
      for (const [index, left] of missing) if (left === 0) yield* timed(finishPart(index))
      yield* look(agent, todo, {
        videos: options.videos,
        settings: options.settings,
        context: agent.prepare(samples),
        inFlight: options.inFlight ?? 16,
        decoders: options.decoders ?? 4,
        memory: options.memory ?? defaultMemory,
        stopwatch,
        judged: written.judged,
      }).pipe(
        // Whatever came while the last batch was written is the next: one write for many records where they come fast,
        // none is held back where they come slowly.
        Stream.runForEachArray(
          Effect.fnUntraced(function* (batch) {
            yield* timed(written.append(batch))
            for (const record of batch) yield* accept(record)
            yield* report
          }),
        ),
        Effect.onError(() => written.rest),
      )

      const names = parts.map((_, index) => partName(index))
      // Parts of another plan that had this fold's name, e.g. after annotations were corrected.
      for (const name of (yield* listFolder(folder)).filter(isPart))
        if (!names.includes(name)) yield* removeFile(join(folder, name))
      const counts = countOutcomes(
        [...finished.values()].flatMap((rows) => rows.map(({ state }) => state)),
        fold.end - fold.start,
        duplicates,
      )
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
            rows: parts[index]!.length,
            sha256: digest,
          })),
        ),
        provenance: metadata,
        seconds: yield* seconds,
        looked,
        phases: stopwatch.phases(),
        usage: yield* totalUsage(usage),
      }
      yield* lease.check
      yield* writeJson(manifestPath, manifest)
      yield* removeFile(journal)
      return { ...counts, seconds: yield* seconds }
    }),
  )
})
