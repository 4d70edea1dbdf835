import { Cause, Clock, Effect, Queue, Stream } from 'effect'
import type { Agent, LookSettings } from '../agents/index.ts'
import { Windows } from '../core/index.ts'
import { locate } from '../files/index.ts'
import {
  budgetOf,
  isOwnFault,
  Ledger,
  largestClip,
  type ModelError,
  openAccount,
  samplingOf,
  type Usage,
  VisionLanguageModel,
} from '../models/index.ts'
import { type Clip, type Media, Videos } from '../video/index.ts'
import { type Held, makeClips } from './clips.ts'
import type { JournalEntry } from './journal.ts'
import type { Planned } from './plan.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface LookOptions<S, C> {
  /** Folder of the videos. */
  readonly videos: string
  readonly settings: S
  readonly context: C
  /** Samples processed concurrently, which lets a backend form batches. */
  readonly inFlight: number
  /** Clips decoded at the same time, ahead of the model. */
  readonly decoders: number
  /** Maximum bytes of decoded or encoded frames held at the same time, including those in requests. */
  readonly memory: number
  readonly stopwatch: Stopwatch
  /** Called with each record as soon as there is one, before it is emitted. */
  readonly judged: (record: JournalEntry) => void
}

/** Consecutive model failures that stop the fold, because the samples are not the cause. */
const patience = 16

const recordOf = (
  { key }: Planned,
  state: JournalEntry['state'],
  reason: string | null,
  evidence: unknown = null,
  usage: Usage | null = null,
): JournalEntry => ({ key, state, reason, evidence, ...(usage === null ? {} : { usage: { ...usage } }) })

interface Job {
  readonly planned: Planned
  readonly held: Held
}

/**
 * Processes samples: decodes ahead of the model, queries it, and emits one record per sample, in the order of completion.
 * A missing video is `absent`; one that cannot be decoded, an annotation outside it or a model that does not answer is
 * `failed` with its reason. Consecutive samples of a video share its decoded clip.
 */
export const look = <S extends LookSettings, E, C>(
  agent: Agent<S, E, C, Videos | VisionLanguageModel>,
  samples: ReadonlyArray<Planned>,
  { videos, settings, context, inFlight, decoders, memory, stopwatch, judged }: LookOptions<S, C>,
): Stream.Stream<JournalEntry, ModelError, Videos | VisionLanguageModel> =>
  Stream.callback<JournalEntry, ModelError, Videos | VisionLanguageModel>(
    Effect.fnUntraced(function* (records) {
      const video = yield* Videos
      const model = yield* VisionLanguageModel
      const media: Media = agent.decodes === true ? { kind: 'file' } : model.media
      const clips = yield* makeClips({
        decode: (file) =>
          video.clip(
            locate(videos, file),
            samplingOf(settings),
            budgetOf(settings, model.profile.view),
            media,
          ),
        decoders,
        memory,
        largest: media.kind === 'file' ? 0 : largestClip(settings, model.profile.view),
        spent: (milliseconds) => stopwatch.add('decode', milliseconds),
      })
      const jobs = yield* Queue.make<Job, Cause.Done>({ capacity: 2 * decoders })
      let failuresInARow = 0

      const feed = Effect.gen(function* () {
        for (const planned of samples) {
          const unfit = agent.unfit(planned.sample)
          if (unfit === null)
            yield* Queue.offer(jobs, { planned, held: yield* clips.hold(planned.sample.file) })
          else yield* Queue.offer(records, recordOf(planned, 'unfit', unfit))
        }
        yield* clips.finish
        yield* Queue.end(jobs)
      })

      const investigate = Effect.fnUntraced(function* (planned: Planned, clip: Clip) {
        const started = yield* Clock.currentTimeMillis
        const account = openAccount()
        const result = yield* Effect.result(agent.investigate(planned.sample, clip, settings, context)).pipe(
          Effect.provideService(Ledger, account),
        )
        stopwatch.add('model', (yield* Clock.currentTimeMillis) - started)
        const usage = account.total()
        if (result._tag === 'Success') {
          failuresInARow = 0
          return recordOf(planned, 'looked', null, result.success, usage)
        }
        const error = result.failure
        if (error.fatal === true || (!isOwnFault(error) && ++failuresInARow >= patience)) return yield* error
        const kind = error.kind === undefined ? 'model' : `model ${error.kind}`
        return recordOf(planned, 'failed', `${kind}: ${error.problem}`, null, usage)
      })
      const lookAt = Effect.fnUntraced(function* ({ planned, held }: Job) {
        const started = yield* Clock.currentTimeMillis
        const clip = yield* Effect.result(held.clip)
        stopwatch.add('wait', (yield* Clock.currentTimeMillis) - started)
        if (clip._tag === 'Success') {
          const problem = Windows.misplaced(planned.sample.windows ?? [], clip.success.info.duration)
          if (problem !== null) return recordOf(planned, 'failed', problem)
          return yield* investigate(planned, clip.success)
        }
        const { reason } = clip.failure
        return recordOf(planned, reason === 'missing' ? 'absent' : 'failed', reason)
      })
      /** One concurrent slot: takes the next sample as soon as the last has its record. */
      const serve = Effect.gen(function* () {
        const started = yield* Clock.currentTimeMillis
        const job = yield* Queue.take(jobs)
        stopwatch.add('wait', (yield* Clock.currentTimeMillis) - started)
        const { key, sample } = job.planned
        // No interruption comes between an answer and its record.
        const record = yield* Effect.uninterruptibleMask((restore) =>
          Effect.tap(restore(lookAt(job)), (found) => Effect.sync(() => judged(found))),
        ).pipe(
          Effect.ensuring(job.held.release),
          Effect.tap(({ state }) => Effect.annotateCurrentSpan('outcome', state)),
          Effect.withSpan(
            'sample',
            { attributes: { 'sample.id': sample.id, 'sample.key': key } },
            { captureStackTrace: false },
          ),
        )
        yield* Queue.offer(records, record)
      }).pipe(
        Effect.forever,
        Effect.catchIf(Cause.isDone, () => Effect.void),
      )

      yield* Effect.all([feed, ...Array.from({ length: inFlight }, () => serve)], {
        concurrency: 'unbounded',
        discard: true,
      })
      yield* Queue.end(records)
    }),
    // Records wait here while a part is written.
    { bufferSize: 1024, strategy: 'suspend' },
  )
