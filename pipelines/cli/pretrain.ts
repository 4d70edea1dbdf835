import { availableParallelism } from 'node:os'
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { loadConfig } from '../config.ts'
import { runPretrain } from '../pretrain.ts'
import { given, json, model, positiveOr, print, seed, settings, settingsOf, wholeOr } from './flags.ts'

const shapes = Command.make(
  'shapes',
  {
    device: model.device,
    threads: model.threads,
    json,
    seed,
    out: Flag.String('out').pipe(
      Flag.withDescription('folder of the checkpoint'),
      Flag.withDefault('runs/shapes-base'),
    ),
    from: Flag.String('from').pipe(
      Flag.withDescription('a checkpoint to go on from, with a fresh optimiser'),
      Flag.optional,
    ),
    settings,
    steps: wholeOr('steps', 'optimiser steps', 800),
    scenes: wholeOr('scenes', 'scenes a step', 8),
    learningRate: positiveOr('learning-rate', 'peak of the cosine schedule', 1e-3),
    microBatchTokens: wholeOr(
      'micro-batch-tokens',
      'tokens computed at a time; a GPU wants many, a processor few',
      2048,
    ),
    warmup: wholeOr('warmup', 'steps of warm-up', 50, 0),
    evaluateEvery: wholeOr('evaluate-every', 'steps between validations', 100),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const threads = Option.getOrElse(input.threads, () => config.threads)
    const result = yield* runPretrain({
      out: input.out,
      ...given({ from: input.from }),
      lessons: settingsOf(input.settings),
      steps: input.steps,
      scenes: input.scenes,
      learningRate: input.learningRate,
      warmup: input.warmup,
      seed: input.seed,
      evaluateEvery: input.evaluateEvery,
      microBatchTokens: input.microBatchTokens,
      drawers: Math.min(12, Math.max(1, availableParallelism() - 1)),
      device: Option.getOrElse(input.device, () => config.device),
      threads: threads === 0 ? availableParallelism() : threads,
    })
    yield* print(input.json, result, [
      `IoU ${result.setIou.toFixed(3)} (easy ${result.byGrade.easy.toFixed(3)}, medium ${result.byGrade.medium.toFixed(3)}, hard ${result.byGrade.hard.toFixed(3)}) after ${result.seconds.toFixed(0)} s`,
      `checkpoint: ${result.out}`,
    ])
  }),
).pipe(Command.withDescription('Train the small shapes checkpoint from random weights'))

export const pretrain = Command.make('pretrain').pipe(
  Command.withDescription('Make a checkpoint from nothing'),
  Command.withSubcommands([shapes]),
)
