import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert, layer } from '@effect/vitest'
import { Context, Effect, Layer } from 'effect'
import { sampleColumns, sampleOfRow } from '../../core/index.ts'
import { readRows } from '../../files/index.ts'
import { runBra } from '../../pipelines/bra.ts'
import { act, defaultActSettings } from '../../pipelines/curate/act.ts'
import { runCurate } from '../../pipelines/curate.ts'
import { runDea } from '../../pipelines/dea.ts'
import {
  curatedFile,
  curatedSchema,
  openDatabase,
  type Row,
  readMetadata,
  readParts,
} from '../../store/index.ts'
import { parseTrainingData } from '../../trainer/index.ts'
import { Videos } from '../../video/index.ts'
import { spanwise } from '../cli/command-line.ts'
import { flashModel, flashSample, writeVideos } from '../folds/flashes.ts'

const samples = [
  ...Array.from({ length: 12 }, (_, i) => flashSample(`s${i}`, i % 3 === 0 ? 'flash.mp4' : 'one.mp4')),
  flashSample('gone', 'gone.mp4'),
]

/** The curated dataset in a folder. */
const readCurated = (folder: string) => readRows(join(folder, curatedFile), curatedSchema)

const line = (sample: object) => `${JSON.stringify(sample)}\n`

/** A run in which both agents have looked at 13 samples: 4 partial, 8 complete, 1 absent. */
class World extends Context.Service<World, { readonly data: string; readonly run: string }>()('test/World') {
  static readonly layer = Layer.effect(
    World,
    Effect.gen(function* () {
      const data = mkdtempSync(join(tmpdir(), 'spanwise-data-'))
      const run = mkdtempSync(join(tmpdir(), 'spanwise-run-'))
      yield* writeVideos(data)
      writeFileSync(
        join(data, 'train.jsonl'),
        samples.map(({ dataset: _, split: __, ...row }) => line(row)).join(''),
      )
      writeFileSync(join(data, 'test.jsonl'), line({ video: 'one s1', query: 'x', windows: [[1, 2]] }))
      writeFileSync(join(data, 'valid.jsonl'), line({ video: 'other', query: 'x', windows: [[1, 2]] }))
      const options = { dataset: 'jsonl', split: 'train', annotations: data, videos: data, run }
      const bra = yield* runBra(options).pipe(Effect.provide(flashModel()))
      assert.deepInclude(bra, { planned: 13, done: 13, kept: 8, dropped: 4, absent: 1 })
      const dea = yield* runDea(options).pipe(Effect.provide(flashModel()))
      assert.deepInclude(dea, { planned: 13, done: 13, kept: 12, absent: 1 })
      return { data, run }
    }),
  ).pipe(Layer.provideMerge(Videos.layer({ workers: 2 })))
}

layer(World.layer, { excludeTestServices: true })('curation', (it) => {
  it.effect('takes every part of a selection from the command line', () =>
    Effect.gen(function* () {
      const { run } = yield* World
      const curate = (out: string, ...args: ReadonlyArray<string>) =>
        spanwise(run, 'curate', '--run', run, '--out', join(run, out), '--count', '3', '--json', ...args)
      const [gaussian, band, refused] = yield* Effect.all([
        curate('balanced', '--select', 'gaussian-balanced', '--mean', '0.05', '--deviation', '0.1'),
        curate('banded', '--select', 'band', '--quota', 'hard=0.6'),
        curate('refused', '--select', 'band', '--quota', 'hrad=0.6'),
      ])
      assert.strictEqual(gaussian.code, 0, gaussian.err)
      assert.strictEqual(band.code, 0, band.err)
      const card = (out: string) => readFileSync(join(run, out, 'README.md'), 'utf8')
      assert.match(card('balanced'), /gaussian-balanced.*, mean 0\.05, deviation 0\.1\./)
      assert.match(card('banded'), /quotas easy 0\.2, medium 0\.5, hard 0\.6/)
      assert.strictEqual(refused.code, 2)
      assert.match(refused.err, /--quota hrad=0\.6: unknown band; use easy, medium, hard/)
      assert.isFalse(existsSync(join(run, 'refused')))
    }),
  )

  it.effect('drops what is partial, selects a budget and writes a dataset with its provenance', () =>
    Effect.gen(function* () {
      const { run } = yield* World
      const summary = yield* runCurate({ run, selection: { method: 'random', share: 0.5 } })
      assert.deepInclude(summary, { samples: 13, pool: 8, selected: 4, superseded: 0 })
      assert.deepStrictEqual(summary.decisions, { drop: 4, keep: 8, reject: 1 })
      const curated = yield* readCurated(summary.out)
      assert.strictEqual(curated.length, 4)
      for (const { id, windows, curation } of curated) {
        assert.notStrictEqual(Number(id.slice(1)) % 3, 0)
        assert.deepStrictEqual(windows, [[1, 3]])
        assert.strictEqual(curation.weight, 1)
        assert.closeTo(curation.difficulty!, 1 - curation.meanIou!, 1e-12)
      }
      const database = yield* openDatabase(join(run, 'curation.duckdb'))
      const rows = yield* database.rows(
        "SELECT count(*)::INTEGER AS n, count(*) FILTER (selected)::INTEGER AS chosen FROM curated WHERE selection = 'curated'",
      )
      assert.deepStrictEqual(rows, [{ n: 13, chosen: 4 }])
      const verdicts = yield* database.rows(
        'SELECT agent, count(*)::INTEGER AS n FROM verdicts GROUP BY ALL ORDER BY ALL',
      )
      assert.deepStrictEqual(verdicts, [
        { agent: 'boundary-reflection', n: 13 },
        { agent: 'difficulty-estimation', n: 13 },
      ])
      const train = join(summary.out, 'train.parquet')
      const parquet = yield* readParts(database, [train], [...Object.keys(sampleColumns), 'weight'])
      assert.deepStrictEqual(
        parquet.map(({ weight, ...row }) => ({ ...sampleOfRow(row), weight })),
        curated.map(({ curation, ...sample }) => ({ ...sample, weight: curation.weight })),
      )
      const metadata = yield* readMetadata(database, train)
      assert.include(metadata['difficulty-estimation files'], 'train.jsonl')
      assert.include(metadata['boundary-reflection model'], 'scripted')
      const card = readFileSync(join(summary.out, 'README.md'), 'utf8')
      assert.include(card, '4 of 13 samples')
      assert.include(card, 'path: train.parquet')
    }).pipe(Effect.scoped),
  )

  it.effect('repairs with the verified windows, and judges the rollouts by them', () =>
    Effect.gen(function* () {
      const { run } = yield* World
      const out = join(run, 'repaired')
      const summary = yield* runCurate({
        run,
        out,
        act: { action: 'repair' },
        selection: { method: 'random', share: 1 },
      })
      assert.deepStrictEqual(summary.decisions, { repair: 4, keep: 8, reject: 1 })
      const repaired = (yield* readCurated(out)).filter(({ curation }) => curation.decision === 'repair')
      assert.strictEqual(repaired.length, 4)
      yield* runCurate({
        run,
        out: join(run, 'untouched'),
        act: { action: 'keep' },
        selection: { method: 'random', share: 1 },
      })
      const before = new Map(
        (yield* readCurated(join(run, 'untouched'))).map(({ id, curation }) => [id, curation]),
      )
      for (const { id, windows, curation } of repaired) {
        assert.deepStrictEqual(windows, [
          [1, 3],
          [8, 10],
        ])
        assert.deepStrictEqual(curation.annotated, [[1, 3]])
        // The rollouts name both flashes: the repaired annotation agrees with them better.
        assert.isAbove(curation.meanIou!, before.get(id)!.meanIou!)
      }
    }),
  )

  it.effect('selects at random by boundary reflection alone, and by difficulty not without it', () =>
    Effect.gen(function* () {
      const { run } = yield* World
      const alone = join(run, 'alone')
      cpSync(join(run, 'boundary-reflection'), join(alone, 'boundary-reflection'), { recursive: true })
      const refused = yield* Effect.flip(runCurate({ run: alone }))
      assert.match(String(refused), /selection needs difficulties.*--select random, or run .*dea --run/)
      const summary = yield* runCurate({ run: alone, selection: { method: 'random', count: 6 } })
      assert.deepInclude(summary, { pool: 8, selected: 6, bands: {} })
      assert.deepStrictEqual(summary.decisions, { drop: 4, keep: 8, reject: 1 })
      for (const { curation } of yield* readCurated(summary.out))
        assert.deepInclude(curation, { meanIou: null, difficulty: null, band: null, weight: 1 })
      assert.include(readFileSync(join(summary.out, 'README.md'), 'utf8'), 'Difficulty was not estimated.')
      const { items } = yield* parseTrainingData(
        'train.jsonl',
        readFileSync(join(summary.out, 'train.jsonl'), 'utf8'),
      )
      assert.deepStrictEqual(new Set(items.map(({ band }) => band)), new Set(['medium']))
    }),
  )

  it.effect('gives a random selection of the same size, as a control', () =>
    Effect.gen(function* () {
      const { run } = yield* World
      const options = { run, out: join(run, 'random'), act: { action: 'keep' } } as const
      const summary = yield* runCurate({ ...options, selection: { method: 'random', count: 5 } })
      assert.deepInclude(summary, { pool: 12, selected: 5 })
      const again = { ...options, selection: { method: 'random', count: 5, seed: 1 } } as const
      const error = yield* Effect.flip(runCurate(again))
      assert.match(
        error.message,
        /random: contains a dataset curated with other settings: selection\.seed was 0 and is now 1; /,
      )
      const other = yield* runCurate({ ...again, replace: true })
      assert.strictEqual(other.selected, 5)
    }),
  )

  it.effect('refuses to share a video with an evaluation set, and writes nothing then', () =>
    Effect.gen(function* () {
      const { run, data } = yield* World
      const out = join(run, 'overlap')
      const evaluation = { dataset: 'jsonl', split: 'test', annotations: data }
      const error = yield* Effect.flip(runCurate({ run, out, evaluation: [evaluation] }))
      assert.strictEqual(error._tag, 'InputError')
      assert.match(error.message, /^jsonl test: shares the video one s1 with the samples to curate; [^\n]+$/)
      assert.isFalse(existsSync(out))
      yield* runCurate({ run, out, evaluation: [{ ...evaluation, split: 'valid' }] })
      assert.isTrue(existsSync(out))
    }),
  )

  it.effect('says in one line what is missing', () =>
    Effect.gen(function* () {
      const { data } = yield* World
      const empty = mkdtempSync(join(tmpdir(), 'spanwise-run-'))
      const error = yield* Effect.flip(runCurate({ run: empty }))
      assert.match(error.message, /difficulty-estimation: contains no verdicts, .*run "spanwise dea/)
      const options = { dataset: 'jsonl', split: 'train', annotations: data, videos: data, run: empty }
      const unknown = yield* Effect.flip(
        runBra({ ...options, settings: { vote: 2 } }).pipe(Effect.provide(flashModel())),
      )
      assert.strictEqual(unknown._tag, 'InputError')
      writeFileSync(join(empty, 'file'), '')
      const blocked = yield* Effect.flip(
        runBra({ ...options, run: join(empty, 'file') }).pipe(Effect.provide(flashModel())),
      )
      assert.strictEqual(blocked._tag, 'InputError')
      assert.notInclude(blocked.message, '\n')
      mkdirSync(join(empty, 'curation.duckdb'))
    }),
  )

  it('decides each case', () => {
    const looked = { windows: [[1, 2]], evidence: '{}', outcome: 'kept', reason: null } as unknown as Row
    const partial = { ...looked, verdict: 'partial', criterion: 'exhaustive', verified: [[5, 6]] } as Row
    const uncertain = { ...looked, verdict: 'uncertain', criterion: 'verified' } as Row
    const failed = { ...looked, evidence: null, outcome: 'failed', reason: 'truncated' } as Row
    const by = (action: 'drop' | 'repair' | 'downweight' | 'keep') => ({ ...defaultActSettings, action })
    const decide = (
      bra: Row | undefined,
      dea: Row | undefined,
      action: 'drop' | 'repair' | 'downweight' | 'keep',
    ) => {
      const { decision, weight, windows } = act(bra, dea, by(action))
      return [decision, weight, windows?.length]
    }
    assert.deepStrictEqual(decide(partial, looked, 'drop'), ['drop', 0, 1])
    assert.deepStrictEqual(decide(partial, looked, 'repair'), ['repair', 1, 2])
    assert.deepStrictEqual(decide(partial, looked, 'downweight'), ['downweight', 0.25, 1])
    assert.deepStrictEqual(decide(partial, looked, 'keep'), ['keep', 1, 1])
    assert.deepStrictEqual(decide(uncertain, looked, 'drop'), ['keep', 1, 1])
    assert.deepStrictEqual(decide(undefined, looked, 'drop'), ['keep', 1, 1])
    assert.deepStrictEqual(decide(partial, undefined, 'repair'), ['reject', 0, 1])
    assert.deepStrictEqual(decide(failed, looked, 'repair'), ['reject', 0, 1])
    assert.strictEqual(act(failed, looked, by('drop')).reason, 'bra: failed, truncated')
  })
})
