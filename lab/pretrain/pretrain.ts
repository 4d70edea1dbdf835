import path from 'node:path'
import { Clock, Effect, Stream } from 'effect'
import { InputError, Progress } from '../../core/index.ts'
import { writeCheckpoint } from '../../engine/checkpoint/index.ts'
import { Engine, engineLayer } from '../../engine/index.ts'
import { learningRateAt } from '../../engine/optimiser/index.ts'
import { appendRows, isTemporary, listFolder, writeWhole } from '../../files/index.ts'
import { modelCard } from './card.ts'
import { drawers } from './draw.ts'
import { exam, examine, type Skill } from './exam.ts'
import { changedLessons } from './lessons/index.ts'
import type { PretrainOptions } from './options.ts'
import { seekExam } from './seek-exam.ts'
import { sharpen } from './sharpen.ts'
import { sight } from './sight.ts'
import { startOf } from './start.ts'

/** The second moment adapts faster than AdamW's default, because training has only a few hundred short steps. */
const beta2 = 0.98

/**
 * `spanwise pretrain shapes`: trains the shapes checkpoint from random weights by SFT, several questions packed behind
 * each clip. Scenes are drawn in memory and seen once. Writes bfloat16 safetensors, a model card and `metrics.jsonl`.
 */
export const runPretrain = Effect.fn('Pipelines.runPretrain')(function* (options: PretrainOptions) {
  const { device, threads, microBatchTokens } = options
  const settings = changedLessons(options.lessons)
  const files = yield* listFolder(options.out)
  if (!files.includes('config.json') && !files.every(isTemporary))
    return yield* new InputError({
      subject: options.out,
      problem: 'contains files that are not of a checkpoint, which would be removed',
      remedy: 'choose an empty or a new folder with --out',
    })
  const started = yield* Clock.currentTimeMillis
  const passed = Effect.map(Clock.currentTimeMillis, (now) => (now - started) / 1000)
  const start = `${options.out}.start`
  const metrics = `${options.out}.metrics.jsonl`
  const checkpoint = yield* startOf(start, settings, options)
  yield* writeCheckpoint(start, checkpoint)
  yield* writeWhole(metrics, '')
  const write = Effect.fnUntraced(function* (row: object) {
    yield* appendRows(metrics, [{ ...row, at: yield* passed }])
  })

  const learn = Effect.gen(function* () {
    const engine = yield* Engine
    const progress = yield* Progress
    const questions = exam(checkpoint, options.questions, settings.fps)
    const measure = Effect.fnUntraced(function* (step: number) {
      const marks = yield* examine(engine, questions)
      const seek = yield* seekExam(engine, checkpoint, Math.ceil(options.questions / 2))
      yield* write({ step, ...marks, seek, sight: yield* sight(engine, checkpoint, settings) })
      return marks
    })
    let note = ''
    const measures = options.questions > 0
    let skill: Skill | undefined = measures && options.from !== undefined ? yield* measure(0) : undefined
    const draw = yield* drawers(
      {
        checkpoint: start,
        settings,
        steps: options.steps,
        scenes: options.scenes,
        seed: [options.seed, options.from === undefined ? 'first' : 'next'],
      },
      options.drawers,
    )
    // The next batches are drawn while the engine's worker computes this one.
    const batches = Stream.range(0, options.steps - 1).pipe(
      Stream.mapEffect((step) => Effect.map(draw(step), (groups) => ({ step, groups })), {
        concurrency: options.drawers + 1,
      }),
    )
    yield* Stream.runForEach(
      batches,
      Effect.fnUntraced(function* ({ step, groups }) {
        const learningRate = learningRateAt(
          {
            kind: 'cosine',
            peak: options.learningRate,
            warmupSteps: options.warmup,
            totalSteps: options.steps,
            floor: 0.02,
          },
          step,
        )
        const done = yield* engine.update({ groups, loss: { kind: 'sft' }, learningRate, maxGradNorm: 1 })
        yield* write({ step: step + 1, loss: done.loss, gradNorm: done.gradNorm, seconds: done.seconds })
        const last = step + 1 === options.steps
        if (last || (step + 1) % options.evaluateEvery === 0) {
          yield* engine.save(options.out, 'BF16')
          if (measures) {
            skill = yield* measure(step + 1)
            note = `, IoU ${skill.setIou.toFixed(3)}`
          }
        }
        yield* progress.report({
          label: 'pretraining',
          done: step + 1,
          total: options.steps,
          note: `loss ${done.loss.toFixed(3)}${note}`,
        })
      }),
    )
    const seconds = yield* passed
    if (options.sharpness !== 1) yield* sharpen(options.out, options.sharpness)
    const card = skill && modelCard({ options, settings, skill, seconds })
    if (card !== undefined) yield* writeWhole(path.join(options.out, 'README.md'), card)
    return { skill, seconds, steps: options.steps, out: options.out }
  })
  return yield* learn.pipe(
    Effect.scoped,
    Effect.provide(engineLayer({ checkpoint: start, device, threads, microBatchTokens, beta2 })),
  )
})
