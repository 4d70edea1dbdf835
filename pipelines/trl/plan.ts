import { join } from 'node:path'
import { Effect } from 'effect'
import { shellQuote } from '../../core/index.ts'
import { replyPlan, sightOf } from '../../models/index.ts'
import { Videos } from '../../video/index.ts'
import { fileOf } from '../train/data.ts'
import type { TrainOptions } from '../train/options.ts'
import { memoryOf, type StepShape, secondsOf, tokensOf } from './estimate.ts'
import { trainCommand } from './launch.ts'
import { modelSize } from './model-size.ts'
import { type ReadTrl, readTrl } from './open.ts'
import type { TrlOptions } from './options.ts'

/** What `--engine trl` would run and need. Tokens, memory and hours are estimates; null where the model's size is unknown. */
export interface TrlPlan {
  readonly engine: 'trl'
  readonly model: string
  /** Shell lines, in the order in which they are run. */
  readonly commands: ReadonlyArray<string>
  /** Prompts of a step, over all GPUs, and completions of each. */
  readonly prompts: number
  readonly group: number
  /** Of one prompt. */
  readonly visionTokens: number
  readonly promptTokens: number
  /** Tokens that the decoder computes in the loss of a step. */
  readonly tokensPerStep: number
  /** Gibibytes of each GPU. */
  readonly memoryGB: number | null
  readonly steps: number
  readonly hours: number | null
}

/** Tokens beside those of vision: the time and the marks of each frame pair, the question, the turns. */
const textTokens = (pairs: number, question: number) => 9 * pairs + Math.ceil(question / 4) + 16

/** Videos that are looked at for an estimate. */
const looked = 8

const promptShape = Effect.fnUntraced(function* (read: ReadTrl, options: TrainOptions) {
  const videos = yield* Videos
  const { view } = read.profile
  const files = [...new Set(read.items.flatMap(({ sample }) => fileOf(options.videos, sample) ?? []))]
  const seen: Array<{ readonly vision: number; readonly pairs: number }> = []
  for (const file of files) {
    if (seen.length === looked) break
    const info = yield* videos.probe(file).pipe(Effect.orElseSucceed(() => null))
    if (info === null) continue
    const sight = sightOf(view, info)
    seen.push({ vision: sight.videoTokens, pairs: Math.ceil(sight.frames / view.framesPerToken) })
  }
  const average = (value: (one: (typeof seen)[number]) => number) =>
    seen.reduce((sum, one) => sum + value(one), 0) / Math.max(1, seen.length)
  const visionTokens = Math.round(average(({ vision }) => vision))
  const question =
    read.items.reduce((sum, { sample }) => sum + sample.query.length, 0) / read.items.length + 120
  return {
    visionTokens,
    promptTokens:
      visionTokens +
      Math.round(
        textTokens(
          average(({ pairs }) => pairs),
          question,
        ),
      ),
  }
})

/** `--plan`: what would be run. Nothing is written, no model is loaded and no Python started. */
export const planTrl = Effect.fn('Pipelines.planTrl')(function* (
  kind: 'sft' | 'curriculum',
  options: TrainOptions,
  trl: TrlOptions,
  relayed: ReadonlyArray<string>,
) {
  const read = yield* readTrl(kind, options, trl)
  const { training, engine, steps } = read
  const curriculum = training.kind === 'curriculum' ? training.options : null
  const shape: StepShape = {
    kind,
    prompts: read.perStep,
    group: curriculum?.group ?? 1,
    updates: curriculum?.updates ?? 1,
    beta: curriculum?.beta ?? 0,
    ...(yield* promptShape(read, options)),
    replyTokens: curriculum?.sampling.maxTokens ?? replyPlan(read.profile, 'grounding').maxTokens,
  }
  const size = modelSize(read.model)
  const config = join(read.run, 'launch', 'accelerate.yaml')
  const url = `http://${trl.host}:${trl.port === 0 ? 'PORT' : trl.port}`
  const plan: TrlPlan = {
    engine: 'trl',
    model: read.model,
    commands: [
      ...(trl.executor === 'local' ? [] : [shellQuote(relayed)]),
      shellQuote(trainCommand(trl, engine, config, url)),
    ],
    prompts: shape.prompts,
    group: shape.group,
    visionTokens: shape.visionTokens,
    promptTokens: shape.promptTokens,
    tokensPerStep: tokensOf(shape, engine.packing && kind === 'curriculum'),
    memoryGB: size === null ? null : Number(memoryOf(size, shape, engine).toPrecision(3)),
    steps,
    hours:
      size === null
        ? null
        : Number(((steps * secondsOf(size, shape, engine, trl.gpus)) / 3600).toPrecision(3)),
  }
  return plan
})

const count = (value: number): string => Math.round(value).toLocaleString('en')

/** A plan for people to read. */
export const trlPlanLines = (plan: TrlPlan): ReadonlyArray<string> => [
  `${plan.steps} steps of ${plan.prompts} prompts x ${plan.group} completions with ${plan.model}`,
  `a prompt has about ${count(plan.promptTokens)} tokens, ${count(plan.visionTokens)} of them vision; a step computes ${count(plan.tokensPerStep)}`,
  plan.memoryGB === null || plan.hours === null
    ? 'the size of this model is not known here: no estimate of memory and time'
    : `about ${plan.memoryGB} GB of each GPU, and ${plan.hours} hours on GPUs like an H100`,
  ...plan.commands.map((command) => `$ ${command}`),
]
