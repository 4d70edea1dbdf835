import { join } from 'node:path'
import { Effect } from 'effect'
import { shellQuote } from '../../core/index.ts'
import { replyPlan, sightOf } from '../../models/index.ts'
import { lookedAt } from '../train/looked.ts'
import type { TrainOptions } from '../train/options.ts'
import { meanPrompts, roundPrompts } from '../train/round-prompts.ts'
import { memoryOf, type StepShape, secondsOf, tokensOf } from './estimate.ts'
import { trainCommand } from './launch.ts'
import { modelSize } from './model-size.ts'
import { type ReadTrl, readTrl, wordingOf } from './open.ts'
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
  /** Most rounds of a conversation about frames; left out elsewhere. */
  readonly rounds?: number
  /** Of one prompt; of conversations about frames of the longest. */
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

/** The prompt of a step and those of later rounds, as means over the first videos. */
const promptsOf = Effect.fnUntraced(function* (read: ReadTrl, options: TrainOptions, reply: number) {
  const looked = yield* lookedAt(read.items, options.videos)
  const { seek } = read.training.options
  const { view } = read.profile
  if (seek !== undefined) {
    const { dialect, plan } = wordingOf(read)
    const rounds = looked.map(({ item: { sample }, info }) => {
      const { ask = false } = plan?.(sample) ?? {}
      const style = { dialect, think: ask }
      const { profile, encode } = read
      return roundPrompts(sample, info, {
        ...{ profile, settings: seek, style, reply },
        ...(encode === undefined ? {} : { encode }),
      })
    })
    const [first = { vision: 0, all: 0 }, ...later] = meanPrompts(rounds)
    return { first, later }
  }
  const question =
    read.items.reduce((sum, { sample }) => sum + sample.query.length, 0) / read.items.length + 120
  const seen = looked.map(({ info }) => {
    const sight = sightOf(view, info)
    const pairs = Math.ceil(sight.frames / view.framesPerToken)
    return [{ vision: sight.videoTokens, all: sight.videoTokens + textTokens(pairs, question) }]
  })
  const text = { vision: 0, all: textTokens(0, question) }
  const [first = text] = meanPrompts(seen)
  return { first, later: [] }
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
  const task = training.options.seek === undefined ? 'grounding' : 'choice'
  const replyTokens = curriculum?.sampling.maxTokens ?? replyPlan(read.profile, task).maxTokens
  const prompts = yield* promptsOf(read, options, replyTokens)
  const shape: StepShape = {
    kind,
    prompts: read.perStep,
    group: curriculum?.group ?? 1,
    updates: curriculum?.updates ?? 1,
    beta: curriculum?.beta ?? 0,
    ...prompts,
    replyTokens,
  }
  const each = [prompts.first, ...prompts.later]
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
    ...(training.options.seek === undefined ? {} : { rounds: 1 + prompts.later.length }),
    visionTokens: Math.max(...each.map(({ vision }) => vision)),
    promptTokens: Math.max(...each.map(({ all }) => all)),
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
  plan.rounds === undefined
    ? `a prompt has about ${count(plan.promptTokens)} tokens, ${count(plan.visionTokens)} of them vision; a step computes ${count(plan.tokensPerStep)}`
    : `up to ${plan.rounds} rounds, whose longest prompt has about ${count(plan.promptTokens)} tokens, ${count(plan.visionTokens)} of them vision; a step computes up to ${count(plan.tokensPerStep)}`,
  plan.memoryGB === null || plan.hours === null
    ? 'the size of this model is not known here: no estimate of memory and time'
    : `about ${plan.memoryGB} GB of each GPU, and ${plan.hours} hours on GPUs like an H100`,
  ...plan.commands.map((command) => `$ ${command}`),
]
