import { mkdtempSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, describe, it, layer } from '@effect/vitest'
import { Context, Deferred, Effect, Fiber, Layer } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import { Progress, type ProgressState, type Sample } from '../../core/index.ts'
import { holdFolder } from '../../files/index.ts'
import { type FoldOptions, listParts, runFold } from '../../folds/index.ts'
import { anyProfile, ModelError } from '../../models/index.ts'
import { openDatabase, type Row, readParts } from '../../store/index.ts'
import { Videos } from '../../video/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { flashModel, flashSample, writeVideos } from './flashes.ts'

class Folder extends Context.Service<Folder, string>()('test/Folder') {
  static readonly layer = Layer.effect(
    Folder,
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), 'spanwise-videos-'))
      yield* writeVideos(folder)
      const whole = readFileSync(join(folder, 'flash.mp4'))
      writeFileSync(join(folder, 'cut.mp4'), whole.subarray(0, whole.length >> 1))
      writeFileSync(join(folder, 'empty.mp4'), '')
      writeFileSync(join(folder, 'text.mp4'), 'not a video at all\n'.repeat(50))
      return folder
    }),
  ).pipe(Layer.provideMerge(Videos.layer({ workers: 2 })))
}

const samples: ReadonlyArray<Sample> = Array.from({ length: 24 }, (_, i) =>
  flashSample(`s${i}`, i % 2 === 0 ? 'flash.mp4' : 'one.mp4'),
)

const rowsOf = Effect.fnUntraced(function* (folder: string) {
  const database = yield* openDatabase(':memory:')
  const parts = yield* listParts(folder)
  return yield* readParts(database, parts, [
    'key',
    'sample',
    'outcome',
    'reason',
    'verdict',
    'score',
    'evidence',
  ])
}, Effect.scoped)

const bytesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => readFileSync(join(folder, name)).toString('base64'))

const bra = Effect.fnUntraced(function* (run: string, options: Partial<FoldOptions<never>> = {}) {
  return yield* runFold(boundaryReflection, {
    folder: join(run, 'bra'),
    samples,
    videos: yield* Folder,
    partSize: 5,
    ...options,
    settings: shapesSettings(boundaryReflection, options.settings),
  })
})
const newRun = () => mkdtempSync(join(tmpdir(), 'spanwise-run-'))
const counts = ({ seconds: _, ...rest }: { readonly seconds: number }) => rest

layer(Folder.layer, { excludeTestServices: true })('a fold', (it) => {
  it.effect('of boundary reflection finds what is left out, from real mp4 files', () =>
    Effect.gen(function* () {
      const run = newRun()
      const reports: Array<ProgressState> = []
      const summary = yield* bra(run).pipe(
        Effect.provide(flashModel()),
        Effect.provideService(Progress, { report: (state) => Effect.sync(() => reports.push(state)) }),
      )
      assert.deepStrictEqual(counts(summary), {
        planned: 24,
        done: 24,
        kept: 12,
        dropped: 12,
        failed: 0,
        absent: 0,
        duplicates: 0,
      })
      assert.deepStrictEqual(reports.at(-1), { label: 'boundary-reflection', done: 24, total: 24, failed: 0 })
      const rows = yield* rowsOf(join(run, 'bra'))
      assert.deepStrictEqual(
        rows.map(({ sample, verdict }) => [sample, verdict]),
        samples.map(({ id }, i) => [id, i % 2 === 0 ? 'partial' : 'complete']),
      )
      const [first] = rows
      const evidence = JSON.parse(String(first?.evidence))
      assert.strictEqual(evidence.reflect.replies[0], '<answer>8.0 to 10.0</answer>')
      assert.deepStrictEqual(evidence.verify[0].times, [7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11])
      assert.strictEqual(evidence.times.length, 24)
      assert.isAbove(Number(first?.score), Number(rows[1]?.score))
      const { phases } = JSON.parse(
        readFileSync(join(run, 'bra', 'fold-00000000-00000024', 'manifest.json'), 'utf8'),
      )
      assert.hasAllKeys(phases, ['decode', 'model', 'wait', 'write'])
      // A finished fold is answered from its manifest, without the model.
      const again = yield* bra(run).pipe(Effect.provide(flashModel(() => Effect.die('asked again'))))
      assert.deepStrictEqual(counts(again), counts(summary))
    }),
  )

  it.effect.each([
    ['is interrupted', Effect.never],
    ['ends with an error', Effect.die('no progress')],
  ] as const)('that %s while its records wait keeps every sample that was answered', ([, end]) =>
    Effect.gen(function* () {
      const options = {
        folder: join(newRun(), 'dea'),
        samples,
        videos: yield* Folder,
        settings: shapesSettings(difficultyEstimation),
      }
      const dea = runFold(difficultyEstimation, options)
      const all = yield* Deferred.make<void>()
      let asked = 0
      // The first record is written; all others wait behind the report of it.
      const report = ({ done }: ProgressState) =>
        done === 0
          ? Effect.void
          : Deferred.await(all).pipe(Effect.andThen(Effect.sleep(100)), Effect.andThen(end))
      const answer = Effect.suspend(() =>
        ++asked < 24 ? Effect.void : Effect.asVoid(Deferred.succeed(all, undefined)),
      )
      const fiber = yield* dea.pipe(
        Effect.provide(flashModel(() => answer)),
        Effect.provideService(Progress, { report }),
        Effect.forkChild,
      )
      yield* Deferred.await(all)
      yield* Effect.sleep(200)
      yield* Fiber.interrupt(fiber)
      let again = 0
      const summary = yield* dea.pipe(Effect.provide(flashModel(() => Effect.sync(() => void again++))))
      assert.deepStrictEqual([asked, again, summary.done], [24, 0, 24])
    }),
  )

  it.effect('of difficulty estimation scores k rollouts', () =>
    Effect.gen(function* () {
      const run = newRun()
      const options = {
        folder: join(run, 'dea'),
        samples: samples.slice(0, 4),
        videos: yield* Folder,
        settings: shapesSettings(difficultyEstimation),
      }
      const summary = yield* runFold(difficultyEstimation, options).pipe(Effect.provide(flashModel()))
      assert.strictEqual(summary.kept, 4)
      const database = yield* openDatabase(':memory:')
      const parts = yield* listParts(join(run, 'dea'))
      const rows = yield* readParts(database, parts, ['ious', 'greedy_iou', 'difficulty', 'prior_iou'])
      for (const row of rows) assert.strictEqual((row.ious as ReadonlyArray<number>).length, 8)
      assert.closeTo(Number(rows[0]?.greedy_iou), 0.5, 1e-9)
      assert.closeTo(Number(rows[1]?.greedy_iou), 1, 1e-9)
      assert.isAbove(Number(rows[0]?.difficulty), Number(rows[1]?.difficulty))
      assert.closeTo(Number(rows[0]?.prior_iou), 0.98, 0.01)
    }).pipe(Effect.scoped),
  )

  it.effect(
    'interrupted again and again ends as an undisturbed one, byte for byte, asking for each sample once',
    () =>
      Effect.gen(function* () {
        const calm = newRun()
        yield* bra(calm).pipe(Effect.provide(flashModel()))
        const run = newRun()
        const asked = new Map<string, number>()
        const fold = join(run, 'bra', 'fold-00000000-00000024')
        for (let start = 0; start < 6; start++) {
          const reached = yield* Deferred.make<void>()
          let answers = 0
          const fiber = yield* bra(run, { inFlight: 3 }).pipe(
            Effect.provide(
              flashModel(() =>
                Effect.suspend(() =>
                  ++answers > 8 + start
                    ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
                    : Effect.void,
                ),
              ),
            ),
            Effect.forkChild,
          )
          // On a slow machine more is written down before each interruption, and the last start may get to the end.
          const finished = yield* Effect.raceFirst(
            Effect.as(Deferred.await(reached), false),
            Effect.as(Fiber.await(fiber), true),
          )
          if (finished) break
          // Let what was answered be written down, as a kill at a random moment would.
          yield* Effect.sleep(start * 7)
          yield* Fiber.interrupt(fiber)
          assert.notInclude(readdirSync(fold), 'manifest.json')
          assert.notInclude(readdirSync(fold), 'lease.json')
        }
        const before = (yield* rowsOf(join(run, 'bra'))).length
        const summary = yield* bra(run).pipe(
          Effect.provide(
            flashModel((messages) =>
              Effect.sync(() => {
                const text = JSON.stringify(
                  messages.map(({ content }) => content.filter((part) => part.type === 'text')),
                )
                const id = /white, (s\d+)/.exec(text)?.[1] ?? ''
                asked.set(id, (asked.get(id) ?? 0) + 1)
              }),
            ),
          ),
        )
        assert.isAbove(before, 0)
        assert.isBelow(asked.size, samples.length)
        assert.strictEqual(summary.done, 24)
        const rows = yield* rowsOf(join(run, 'bra'))
        assert.deepStrictEqual(
          rows.map(({ sample }) => sample),
          samples.map(({ id }) => id),
        )
        assert.deepStrictEqual(bytesOf(fold), bytesOf(join(calm, 'bra', 'fold-00000000-00000024')))
      }),
  )

  it.effect('gives the same bytes from cached frames, also to the second agent', () =>
    Effect.gen(function* () {
      const [bare, cached] = [newRun(), newRun()]
      const folder = join(cached, 'cache')
      const one = samples.slice(0, 6)
      yield* bra(bare, { samples: one }).pipe(Effect.provide(flashModel()))
      yield* Effect.gen(function* () {
        const settings = shapesSettings(difficultyEstimation)
        const options = { folder: join(cached, 'dea'), samples: one, videos: yield* Folder, settings }
        yield* runFold(difficultyEstimation, options)
        const files = () => readdirSync(folder, { recursive: true }).length
        const before = files()
        yield* bra(cached, { samples: one })
        assert.strictEqual(files(), before)
      }).pipe(
        Effect.provide(flashModel()),
        Effect.provide(Videos.layer({ workers: 1, cache: { folder, limit: 1e9 } })),
      )
      const fold = join('bra', 'fold-00000000-00000006')
      assert.deepStrictEqual(bytesOf(join(cached, fold)), bytesOf(join(bare, fold)))
    }),
  )

  it.effect('cut otherwise between two starts loses and repeats nothing', () =>
    Effect.gen(function* () {
      const run = newRun()
      yield* bra(run, { fold: 0, foldSize: 10 }).pipe(Effect.provide(flashModel()))
      const asked = new Set<string>()
      const summary = yield* bra(run).pipe(
        Effect.provide(
          flashModel((messages) =>
            Effect.sync(() => {
              const id = /white, (s\d+)/.exec(
                JSON.stringify(messages.map(({ content }) => content.at(-1))),
              )?.[1]
              asked.add(id ?? '')
            }),
          ),
        ),
      )
      assert.strictEqual(summary.done, 24)
      assert.deepStrictEqual(
        [...asked].map((id) => Number(id.slice(1))).sort((a, b) => a - b),
        [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
      )
    }),
  )

  it.effect('asks for votes where the model offers no log-probabilities', () =>
    Effect.gen(function* () {
      const run = newRun()
      const settings = shapesSettings(boundaryReflection, { votes: 3 })
      const videos = yield* Folder
      const options = { folder: join(run, 'bra'), samples: samples.slice(0, 4), videos, settings }
      const summary = yield* runFold(boundaryReflection, options).pipe(
        Effect.provide(flashModel(undefined, false)),
      )
      assert.deepInclude(summary, { kept: 2, dropped: 2 })
      const [row] = yield* rowsOf(join(run, 'bra'))
      const evidence = JSON.parse(String(row?.evidence))
      assert.strictEqual(evidence.reflect.replies.length, 3)
      assert.isNull(evidence.verify[0].logProbs)
      assert.strictEqual(evidence.verify[0].replies.length, 4)
      assert.strictEqual(row?.score, 1)
    }),
  )

  it.effect('counts absent, broken and repeated samples, and goes on', () =>
    Effect.gen(function* () {
      const run = newRun()
      const broken = [
        flashSample('gone', 'nowhere.mp4'),
        flashSample('cut', 'cut.mp4'),
        flashSample('empty', 'empty.mp4'),
        flashSample('text', 'text.mp4'),
        { ...flashSample('bare', 'one.mp4'), windows: null },
        flashSample('good', 'one.mp4'),
        { ...flashSample('good', 'one.mp4'), id: 'good again' },
      ]
      const summary = yield* bra(run, { samples: broken }).pipe(Effect.provide(flashModel()))
      const rows = yield* rowsOf(join(run, 'bra'))
      const outcomes = Object.fromEntries(rows.map(({ sample, outcome }) => [sample, outcome]))
      assert.deepInclude(outcomes, {
        gone: 'absent',
        empty: 'failed',
        text: 'failed',
        bare: 'dropped',
        good: 'kept',
      })
      assert.deepInclude(summary, { planned: 7, done: 6, absent: 1, dropped: 1, duplicates: 1 })
      assert.strictEqual(rows.find(({ sample }) => sample === 'bare')?.reason, 'no annotated windows')
      for (const row of rows.filter(({ outcome }) => outcome === 'failed'))
        assert.isString((row as Row).reason)
      // Looked at again only when asked to.
      const retried = yield* bra(run, { samples: broken, retry: true }).pipe(Effect.provide(flashModel()))
      assert.deepStrictEqual(counts(retried), counts(summary))
    }),
  )

  it.effect('stops when the model stays away, and keeps what it has', () =>
    Effect.gen(function* () {
      const run = newRun()
      let answers = 0
      const down = new ModelError({ model: 'script', problem: 'down', retryable: true })
      const error = yield* bra(run).pipe(
        Effect.provide(
          flashModel(() => Effect.suspend(() => (++answers > 12 ? Effect.fail(down) : Effect.void))),
        ),
        Effect.flip,
      )
      assert.strictEqual(error._tag, 'ModelError')
      assert.isAbove(statSync(join(run, 'bra', 'fold-00000000-00000024', 'journal.jsonl')).size, 0)
      const summary = yield* bra(run, { retry: true }).pipe(Effect.provide(flashModel()))
      assert.deepInclude(counts(summary), { done: 24, failed: 0 })
    }),
  )

  it.effect('stops at once when no sample will be answered, with that one error', () =>
    Effect.gen(function* () {
      const run = newRun()
      let asked = 0
      const wrong = new ModelError({ model: 'm', problem: 'answered 401', retryable: false, fatal: true })
      const error = yield* bra(run, { inFlight: 1 }).pipe(
        Effect.provide(
          flashModel(() =>
            Effect.suspend(() => {
              asked++
              return Effect.fail(wrong)
            }),
          ),
        ),
        Effect.flip,
      )
      assert.strictEqual(error, wrong)
      assert.strictEqual(asked, 1)
    }),
  )

  it.effect('goes on past samples whose own fault it is that they are not answered', () =>
    Effect.gen(function* () {
      const run = newRun()
      const long = new ModelError({ model: 'm', problem: 'too many', retryable: false, kind: 'too long' })
      const summary = yield* bra(run).pipe(Effect.provide(flashModel(() => Effect.fail(long))))
      assert.deepInclude(counts(summary), { done: 24, failed: 24 })
      const [row] = yield* rowsOf(join(run, 'bra'))
      assert.strictEqual(row?.reason, 'model too long: too many')
    }),
  )

  it.effect('held by a live process is refused in one line', () =>
    Effect.gen(function* () {
      const run = newRun()
      yield* holdFolder(join(run, 'bra', 'fold-00000000-00000024'), 'other')
      const error = yield* Effect.flip(bra(run).pipe(Effect.provide(flashModel())))
      assert.strictEqual(error._tag, 'InputError')
      assert.match(error.message, /^bra fold 0 .* is held by process \d+ on [^\n]+$/)
    }).pipe(Effect.scoped),
  )

  it.effect('is refused while another cut of the dataset holds samples of it', () =>
    Effect.gen(function* () {
      const run = newRun()
      const error = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* holdFolder(join(run, 'bra', 'fold-00000000-00000012'), 'fold 0')
          yield* bra(run, { fold: 1, foldSize: 12 })
          return yield* Effect.flip(bra(run))
        }),
      )
      assert.match(
        error.message,
        /^bra fold 0 .* has samples in common with fold-00000000-00000012, held by process \d+ on [^\n]+$/,
      )
      assert.strictEqual((yield* bra(run)).done, 24)
    }).pipe(Effect.provide(flashModel())),
  )

  it.effect('in a run folder made by other settings is refused in one line', () =>
    Effect.gen(function* () {
      const run = newRun()
      yield* bra(run, { samples: samples.slice(0, 1) }).pipe(Effect.provide(flashModel()))
      const error = yield* Effect.flip(
        runFold(boundaryReflection, {
          folder: join(run, 'bra'),
          samples,
          videos: yield* Folder,
          settings: shapesSettings(boundaryReflection, { votes: 3 }),
        }).pipe(Effect.provide(flashModel())),
      )
      assert.strictEqual(error._tag, 'InputError')
      assert.match(error.message, /settings\.json: .*settings\.votes was 1 and is now 3; [^\n]+$/)
    }),
  )

  it.effect('repairs a journal cut short by a kill', () =>
    Effect.gen(function* () {
      const run = newRun()
      const reached = yield* Deferred.make<void>()
      let answers = 0
      const fiber = yield* bra(run, { partSize: 100 }).pipe(
        Effect.provide(
          flashModel(() =>
            Effect.suspend(() =>
              ++answers > 30
                ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
                : Effect.void,
            ),
          ),
        ),
        Effect.forkChild,
      )
      yield* Deferred.await(reached)
      yield* Effect.sleep(30)
      yield* Fiber.interrupt(fiber)
      const journal = join(run, 'bra', 'fold-00000000-00000024', 'journal.jsonl')
      truncateSync(journal, statSync(journal).size - 7)
      const summary = yield* bra(run, { partSize: 100 }).pipe(Effect.provide(flashModel()))
      assert.deepInclude(counts(summary), { done: 24, kept: 12, dropped: 12 })
    }),
  )
})

describe('options', () => {
  it('of an agent refuse what they do not know', () => {
    assert.isFalse(boundaryReflection.settings.safeParse({ vote: 3 }).success)
  })

  it('of boundary reflection refuse thresholds that overlap', () => {
    const parse = (given: object) =>
      boundaryReflection.settings.safeParse({ ...boundaryReflection.defaults(anyProfile), ...given })
    assert.isTrue(parse({ accept: 0.4, reject: 0.4 }).success)
    assert.deepStrictEqual(parse({ accept: 0.2, reject: 0.8 }).error?.issues[0]?.path, ['reject'])
  })
})
