import { availableParallelism } from 'node:os'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { runPretrain } from '../lab/pretrain/pretrain.ts'
import { loadConfig } from '../pipelines/config.ts'
import { given, json, model, positiveOr, print, seed, wholeOr } from './flags.ts'
import { settings, settingsOf } from './settings.ts'

const shapes = Command.make(
  'shapes',
  {
    device: model.device,
    threads: model.threads,
    json,
    seed,
    out: Flag.String('out').pipe(
      Flag.withDescription('folder of the checkpoint, default runs/shapes-base'),
      Flag.withDefault('runs/shapes-base'),
    ),
    from: Flag.String('from').pipe(
      Flag.withDescription(
        'checkpoint to continue from, with a fresh optimiser and the tokenizer of the current lessons; random weights by default',
      ),
      Flag.optional,
    ),
    settings,
    steps: wholeOr('steps', 'optimiser steps', 800),
    scenes: wholeOr('scenes', 'scenes per step', 8),
    learningRate: positiveOr('learning-rate', 'peak of the cosine schedule', 1e-3),
    microBatchTokens: wholeOr(
      'micro-batch-tokens',
      'tokens per forward pass; more suits a GPU, fewer a CPU',
      2048,
    ),
    warmup: wholeOr('warmup', 'steps of warm-up', 50, 0),
    evaluateEvery: wholeOr(
      'evaluate-every',
      'steps between measurements, at which the checkpoint is saved',
      100,
    ),
    questions: wholeOr('questions', 'grounding questions of each grade in a measurement; 0 for none', 64, 0),
    sharpness: positiveOr('sharpness', 'factor of the finished logits: 2 draws as temperature 0.5 did', 1),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const threads = Option.getOrElse(input.threads, () => config.threads)
    const { skill, seconds, steps, out } = yield* runPretrain({
      out: input.out,
      ...given({ from: input.from }),
      lessons: yield* settingsOf(input.settings),
      steps: input.steps,
      scenes: input.scenes,
      learningRate: input.learningRate,
      warmup: input.warmup,
      seed: input.seed,
      evaluateEvery: input.evaluateEvery,
      questions: input.questions,
      sharpness: input.sharpness,
      microBatchTokens: input.microBatchTokens,
      drawers: Math.max(1, Math.min(12, availableParallelism() - 1)),
      device: Option.getOrElse(input.device, () => config.device),
      threads: threads === 0 ? availableParallelism() : threads,
    })
    yield* print(input.json, { ...skill, seconds, steps, out }, [
      ...(skill === undefined
        ? []
        : [
            `IoU ${skill.setIou.toFixed(3)} (easy ${skill.byGrade.easy.toFixed(3)}, medium ${skill.byGrade.medium.toFixed(3)}, hard ${skill.byGrade.hard.toFixed(3)}) after ${seconds.toFixed(0)} s`,
          ]),
      `checkpoint: ${out}`,
    ])
  }),
).pipe(
  Command.withDescription('Train the small shapes checkpoint from random weights'),
  Command.withExamples([
    { command: 'spanwise pretrain shapes --steps 200 --out runs/base', description: 'a short training' },
  ]),
)

export const pretrain = Command.make('pretrain').pipe(
  Command.withDescription('Pretrain a checkpoint'),
  Command.withSubcommands([shapes]),
  Command.withExamples([{ command: 'spanwise pretrain shapes', description: 'with the default settings' }]),
)
