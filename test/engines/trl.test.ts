import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { maskRatio } from '../../curriculum/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { budgetOf, checkpointProfile, samplingOf } from '../../models/index.ts'
import { composeRewards } from '../../rewards/index.ts'
import {
  clipViews,
  grpoSchema,
  openRunFolder,
  ratioAt,
  readTrainingData,
  type TrainingItem,
} from '../../trainer/index.ts'
import { engineSettings, makeTrainingService, serveTraining } from '../../trainer/service/index.ts'
import { Videos } from '../../video/index.ts'
import { spanwise } from '../cli/command-line.ts'
import { findPython } from '../support/python.ts'
import { makeScene, metricsIn, type Scene, servedIn, train, until } from './scene.ts'

const execute = promisify(execFile)
const numbers = z.record(z.string(), z.number().nullable())
const found = findPython('torch', 'trl', 'transformers', 'accelerate', 'peft', 'datasets')
const python = found.python ?? ''
const root = join(import.meta.dirname, '../..')
const shipped = join(root, 'checkpoints', 'shapes-base')

let scene: Scene
beforeAll(async () => {
  if (found.python !== null) scene = await makeScene('trl', 10)
})

const masksOf = (run: string) =>
  servedIn(scene, run).flatMap(({ kind, step, sample, mask }) =>
    kind === 'prompt' ? [`${step} ${sample} ${mask}`] : [],
  )

/** The same views of the same files as the command line makes them. */
const viewsOf = Effect.gen(function* () {
  const videos = yield* Videos
  const { view } = yield* checkpointProfile(yield* readPreprocessing(shipped))
  return clipViews({
    clip: ({ sample }) =>
      videos.clip(join(scene.videos, sample.file), samplingOf(view), budgetOf(view, view)),
    seed: 0,
    mode: 'blank',
    margin: 0,
  })
})

describe.skipIf(found.python === null)('training through TRL on the CPU', () => {
  it('takes three GRPO steps of the shipped checkpoint, with the masks of the schedule and every figure', async () => {
    const validation = ['--dataset', 'jsonl', '--validation', 'valid', '--allow-overlap', '--threads', '1']
    const { code, out, err } = await train(scene, python, 'curriculum', 'grpo', ...validation).done
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    const outcome = JSON.parse(out)
    expect(outcome).toMatchObject({ steps: 3, planned: 3, resumedFrom: 0, stoppedEarly: false })
    expect(existsSync(join(outcome.model, 'model.safetensors'))).toBe(true)
    const options = grpoSchema.parse({
      learningRate: 1,
      sampling: { maxTokens: 64 },
      prompts: 4,
      mask: { kind: 'linear', margin: 0 },
    })
    const hidden = await Effect.runPromise(
      Effect.gen(function* () {
        const views = yield* viewsOf
        const { items } = yield* readTrainingData(scene.data)
        const byKey = new Map(items.map((item): [string, TrainingItem] => [item.key, item]))
        let some = 0
        for (const row of servedIn(scene, 'grpo')) {
          if (row.kind !== 'prompt') continue
          const item = byKey.get(row.sample!)!
          const { mask } = yield* views.view(item, ratioAt(options, item, row.step, 3))
          expect(row.mask).toBe(mask.digest)
          some += mask.share
        }
        return some
      }).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    expect(hidden).toBeGreaterThan(0)
    const rows = metricsIn(scene, 'grpo')
    expect(rows.map(({ step, mask }) => [step, mask?.ratio])).toEqual(
      [0, 1, 2].map((step) => [step, maskRatio(options.mask, step, 3)]),
    )
    for (const row of rows)
      for (const name of ['reward', 'loss', 'grad_norm', 'entropy', 'clip_low', 'iou', 'parsed', 'constant'])
        expect(Number.isFinite(row[name])).toBe(true)
    const figures = Object.assign({}, ...servedIn(scene, 'grpo').map(({ event }) => event?.figures ?? {}))
    expect(figures.sampler_loss_max).toBeLessThan(1e-4)
    expect(figures.vision_gradient).toBeGreaterThan(0)
    for (const row of rows) {
      expect(Object.keys(row.seconds!)).toEqual(['prepare', 'reward', 'generate', 'update'])
      expect(row.wait_s).toBeLessThan(row.seconds!.prepare! + row.seconds!.reward! + 1)
    }
    expect(outcome.validation.map(({ step }: { readonly step: number }) => step)).toEqual([0, 3])
    for (const row of outcome.validation) {
      expect(Object.keys(row)).toEqual([
        ...[
          'step',
          'samples',
          'absent',
          'failed',
          'miou',
          'set_iou',
          'r1_05',
          'window_f1',
          'parsed',
          'cut_off',
          'seconds',
        ],
      ])
      expect(row).toMatchObject({ samples: 2, absent: 0, failed: 0 })
    }
    const card = JSON.parse(readFileSync(join(outcome.model, 'spanwise-run.json'), 'utf8'))
    expect(card.settings.mask.margin).toBe(0)
    // What TRL trained, the embedded engine answers with.
    const scored = await Effect.runPromise(
      spanwise(
        scene.root,
        ...['score', '--model', outcome.model, '--video', join(scene.videos, scene.samples[0]!.file)],
        ...['--query', 'x', '--completion', '<answer>none</answer>', '--json'],
      ),
    )
    expect(scored.code).toBe(0)
  }, 240_000)

  it('takes three supervised steps', async () => {
    const { code, out, err } = await train(scene, python, 'sft', 'sft').done
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out).steps).toBe(3)
    const rows = metricsIn(scene, 'sft')
    expect(rows.map(({ step }) => step)).toEqual([0, 1, 2])
    for (const { loss } of rows) expect(loss).toBeGreaterThan(0)
  }, 240_000)

  it('trains conversations in which the model asks for frames, over all rounds', async () => {
    const options = ['a circle', 'a square', 'nothing']
    const data = join(scene.root, 'choice.jsonl')
    const rows = scene.samples.map((sample) => ({ ...sample, task: 'choice', options, answer: 'A' }))
    writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))
    const seek = ['--set', 'seek={"rounds":2,"frames":3}', '--set', 'rewards={"answer":1,"format":0.2}']
    const { code, out, err } = await train({ ...scene, data }, python, 'curriculum', 'seek', ...seek).done
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ steps: 3, planned: 3 })
    const figures = Object.assign({}, ...servedIn(scene, 'seek').map(({ event }) => event?.figures ?? {}))
    expect(figures.sampler_loss_max).toBeLessThan(1e-4)
    const scored = metricsIn(scene, 'seek')
    expect(scored.map(({ step }) => step)).toEqual([0, 1, 2])
    for (const { rewards, seek, thought, length } of scored) {
      expect(Object.keys(rewards as object)).toEqual(['answer', 'format'])
      const took = z.object({ rounds: z.number(), frames: z.number(), endings: numbers }).parse(seek)
      expect(took.rounds).toBeGreaterThanOrEqual(1)
      expect(took.rounds).toBeLessThanOrEqual(2)
      expect(took.frames).toBeGreaterThanOrEqual(3)
      expect(Object.values(took.endings).reduce((sum: number, share) => sum + share!, 0)).toBeCloseTo(1)
      const tokens = z.object({ tokens: z.number(), answer: z.number() }).parse(thought)
      expect(tokens.tokens + tokens.answer).toBeCloseTo(z.object({ mean: z.number() }).parse(length).mean)
    }
  }, 240_000)

  it('goes on after a kill with the prompts and masks of a run that was never stopped', async () => {
    const more = ['--set', 'checkpointEvery=1', '--set', 'engine.deadline=5']
    const straight = await train(scene, python, 'curriculum', 'straight', ...more).done
    expect(straight.code).toBe(0)
    const killed = train(scene, python, 'curriculum', 'killed', ...more)
    // The service dies in the middle of the second step; the engine ends by itself within its deadline.
    await until(() => servedIn(scene, 'killed').some(({ kind, step }) => kind === 'reward' && step === 1))
    killed.child.kill('SIGKILL')
    await killed.done
    const log = join(scene.root, 'killed', 'launch', 'train.log')
    await until(() => /no answer within 5 s/.test(readFileSync(log, 'utf8')), 60)
    const resumed = await train(scene, python, 'curriculum', 'killed', ...more).done
    expect({ code: resumed.code, err: resumed.code === 0 ? '' : resumed.err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(resumed.out)).toMatchObject({ steps: 3 })
    expect(JSON.parse(resumed.out).resumedFrom).toBeGreaterThan(0)
    expect([...new Set(masksOf('killed'))].toSorted()).toEqual([...new Set(masksOf('straight'))].toSorted())
    const draws = (run: string) =>
      servedIn(scene, run).flatMap(({ kind, step, keys }) => (kind === 'draw' ? [[step, keys]] : []))
    expect(draws('killed')).toEqual(draws('straight'))
    expect(metricsIn(scene, 'killed').map(({ step }) => step)).toEqual([0, 1, 2])
  }, 360_000)

  it('draws other samples where a video vanishes, and ends with the reason where a guard fires', async () => {
    const file = join(scene.videos, scene.samples[3]!.file)
    const running = train(scene, python, 'curriculum', 'vanished', '--set', 'engine.tolerance=1e-12')
    const { code, err } = await running.done
    expect(code).toBe(2)
    expect(err.trim().split('\n').at(-1)).toContain('sampler and loss disagree')
    const other = train(scene, python, 'curriculum', 'gone')
    await until(
      () =>
        existsSync(join(scene.root, 'gone', 'served.jsonl')) ||
        existsSync(join(scene.root, 'gone', 'run.json')),
    )
    renameSync(file, `${file}.away`)
    const outcome = await other.done
    renameSync(`${file}.away`, file)
    expect({ code: outcome.code, err: outcome.code === 0 ? '' : outcome.err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(outcome.out).steps).toBe(3)
  }, 240_000)

  it('has the log-probabilities of "spanwise score"', async () => {
    const sample = scene.samples.find(({ windows }) => (windows ?? []).length > 0)!
    const completion = '<answer>1.0 to 2.0</answer>'
    const { out } = await Effect.runPromise(
      spanwise(
        scene.root,
        ...['score', '--model', shipped, '--video', join(scene.videos, sample.file)],
        ...['--query', sample.query, '--completion', completion, '--json'],
      ),
    )
    const { total } = JSON.parse(out) as { total: number }
    const heard = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const { items } = yield* readTrainingData(scene.data)
          const options = grpoSchema.parse({
            learningRate: 1,
            sampling: { maxTokens: 8 },
            prompts: 2,
            group: 2,
            mask: { start: 0 },
          })
          const made = yield* makeTrainingService({
            run: 'score',
            training: { kind: 'curriculum', options, rewards: yield* composeRewards({ iou: 1 }) },
            steps: 1,
            items,
            wording: { dialect: 'shapes' },
            views: yield* viewsOf,
            folder: yield* openRunFolder(join(scene.root, 'score'), {
              kind: 'curriculum',
              settings: {},
              provenance: {},
            }),
            engine: engineSettings.parse({
              model: shipped,
              output: join(scene.root, 'score'),
              precision: 'fp32',
            }),
            sharedFrames: null,
          })
          const url = yield* serveTraining(made, { version: '0' })
          const item = items.find((one) => one.sample.id === sample.id)!
          const asked = JSON.stringify([{ url, sample: item.key, replies: [completion] }])
          return yield* Effect.promise(() =>
            execute(python, [join(root, 'engines/trl/tests/score_worker.py'), asked], {
              env: { ...process.env, PYTHONPATH: join(root, 'engines/trl/src'), OMP_NUM_THREADS: '1' },
            }),
          )
        }),
      ).pipe(Effect.provide(Videos.layer({ workers: 1 }))),
    )
    const [[heardTotal]] = z
      .tuple([z.tuple([z.number()])])
      .parse(JSON.parse(heard.stdout.trim().split('\n').at(-1)!))
    expect(Math.abs(heardTotal - total)).toBeLessThan(1e-3)
  }, 120_000)

  it('examines a model with one step of everything on two clips', async () => {
    const { code, out, err } = await Effect.runPromise(
      spanwise(scene.root, 'doctor', 'train', '--gpus', '0', '--python', python, '--json'),
    )
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    const { grpo, sft } = z
      .object({ grpo: z.object({ figures: numbers }), sft: z.object({ figures: numbers }) })
      .parse(JSON.parse(out))
    expect(grpo.figures.sampler_loss_max).toBeLessThan(1e-4)
    expect(sft.figures.vision_gradient).toBeGreaterThan(0)
  }, 240_000)

  it('is started by a scheduler as the same command, with the service beside the engine', async () => {
    const folder = join(scene.root, 'bin')
    mkdirSync(folder)
    const job = '{"array_job_id": 7, "array_task_id": 0, "array_task_string": ""'
    const programs = {
      // A stand-in of SLURM: it runs what is submitted at once.
      sbatch: `for script; do :; done
(SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_JOB_ID=7 sh "$script" > said 2>&1; echo $? > code) > /dev/null 2>&1 &
cp "$script" submitted; echo 7`,
      squeue: `case "$*" in *--json*) ;; *) exit 0 ;; esac
case "$*" in *pending*) echo '{"jobs": []}'; exit 0 ;; esac
if [ -e code ]; then echo '{"jobs": [${job}, "job_state": "COMPLETED", "exit_code": 0}]}'
else echo '{"jobs": [${job}, "job_state": "RUNNING", "exit_code": 0}]}'; fi`,
      sacct: 'exit 0',
      scancel: 'exit 0',
    }
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`)
      chmodSync(join(folder, name), 0o755)
    }
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
    const { code, out, err } = await train(scene, python, 'sft', 'slurm', '--executor', 'slurm').done
    vi.unstubAllEnvs()
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ steps: 3, planned: 3 })
    expect(readFileSync(join(folder, 'submitted'), 'utf8')).toContain('--engine trl')
  }, 240_000)

  it('checks the package itself', () => {
    const help = execFileSync(python, ['-m', 'spanwise_trl', '--help'], {
      env: { ...process.env, PYTHONPATH: join(root, 'engines/trl/src') },
      encoding: 'utf8',
    })
    expect(help).toContain('--service')
  }, 60_000)
})
