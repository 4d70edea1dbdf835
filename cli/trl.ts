import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { policyLosses } from '../engine/index.ts'
import { type ExecutorName, executors } from '../folds/index.ts'
import type { Config } from '../pipelines/config.ts'
import type { TrlOptions } from '../pipelines/trl/options.ts'
import { shardings, vllmModes } from '../trainer/service/index.ts'
import { dashed, engineOf, given, modelOf, port, positive, text, whole } from './flags.ts'
import { handedOn } from './folds/handed.ts'
import { started } from './folds/planned.ts'
import { assignments } from './settings.ts'

const names = Object.keys(executors) as ReadonlyArray<ExecutorName>

const loopback = '127.0.0.1'

/** Flags that say how a training with TRL is launched on this machine. */
export const launchFlags = {
  gpus: whole('gpus', 'trl: GPUs of the node, default 1; 0 trains on the CPU'),
  packing: Flag.Literals('packing', ['on', 'off']).pipe(
    Flag.withDescription('trl: compute each prompt once for its whole group, default on'),
    Flag.optional,
  ),
  loraRank: whole('lora-rank', 'train low-rank adapters of this rank instead of all weights', 1),
  vllm: Flag.Literals('vllm', vllmModes).pipe(
    Flag.withDescription('trl: sample with vLLM, in the same processes or from a server; default off'),
    Flag.optional,
  ),
  vllmUrl: text('vllm-url', 'trl: URL of the vLLM server'),
  sharding: Flag.Literals('sharding', shardings).pipe(
    Flag.withDescription('trl: how weights are distributed over the GPUs, default ddp'),
    Flag.optional,
  ),
  offload: Flag.Boolean('offload').pipe(
    Flag.withDescription('trl: keep optimiser states or parameters in host memory'),
    Flag.withDefault(false),
  ),
  precision: Flag.Literals('precision', ['bf16', 'fp32']).pipe(
    Flag.withDescription('trl: precision of the weights; default bf16, fp32 on the CPU'),
    Flag.optional,
  ),
  python: text(
    'python',
    'trl: Python with the packages of engines/trl; default SPANWISE_PYTHON, .venv or python3',
  ),
  host: Flag.String('host').pipe(
    Flag.withDescription('trl: address of the service, default loopback; any other needs SPANWISE_TOKEN'),
    Flag.withDefault(loopback),
  ),
  port: port('port', 'trl: port of the service, default any free port'),
}

/** Flags of `train` that choose an engine and say how it is launched. */
export const engineFlags = {
  trainer: Flag.Literals('engine', ['embedded', 'trl']).pipe(
    Flag.withDescription(
      'training engine: embedded (default), or TRL on GPUs (see docs/training-on-gpus.md)',
    ),
    Flag.withDefault('embedded' as const),
  ),
  plan: Flag.Boolean('plan').pipe(
    Flag.withDescription('print what would be run and what it needs, without running it'),
    Flag.withDefault(false),
  ),
  numGenerations: whole('num-generations', 'completions of each prompt, default 8', 2),
  beta: Flag.Finite('beta').pipe(
    Flag.withDescription('weight of the KL term, default 0'),
    Flag.filter(
      (value) => value >= 0,
      () => '0 or more',
    ),
    Flag.optional,
  ),
  loss: Flag.Literals('loss', policyLosses).pipe(
    Flag.withDescription('policy loss, default grpo'),
    Flag.optional,
  ),
  ...launchFlags,
  executor: Flag.Literals('executor', names).pipe(
    Flag.withDescription('trl: where training runs: this machine (default), a Ray cluster or SLURM'),
    Flag.withDefault('local' as const),
  ),
  option: assignments('option', 'trl: options of the executor, as for folds run, e.g. partition=gpu'),
  cpus: positive('cpus', 'trl: cores to request from a scheduler, default 8 per GPU'),
}

type Given<A> = { readonly [K in keyof A]: A[K] extends Flag.Flag<infer V> ? V : never }
export type EngineFlags = Given<typeof engineFlags>

const root = join(import.meta.dirname, '..')

/** The Python of the engine: the flag, SPANWISE_PYTHON, `.venv` here or in the package, `python3`. */
const pythonOf = (flag: Option.Option<string>): string => {
  const named = Option.getOrElse(
    flag,
    () =>
      process.env.SPANWISE_PYTHON ??
      [join(process.cwd(), '.venv/bin/python'), join(root, '.venv/bin/python')].find(existsSync) ??
      'python3',
  )
  // The training is started in a folder of its own, where a relative path leads elsewhere; a plain name is looked up.
  return named.includes('/') ? resolve(named) : named
}

const ofTrl = [
  ...['gpus', 'packing', 'vllm', 'vllmUrl', 'sharding', 'offload', 'precision', 'python', 'executor'],
  ...['option', 'cpus', 'host', 'port'],
] as const

const isGiven = (value: unknown, byDefault: unknown): boolean =>
  Option.isOption(value)
    ? Option.isSome(value)
    : Array.isArray(value)
      ? value.length > 0
      : value !== byDefault

const defaults: { readonly [name: string]: unknown } = {
  offload: false,
  executor: 'local',
  host: loopback,
}

/** Refuses flags of TRL's launch in an embedded training, which would ignore them. */
export const checkEmbedded = (
  input: { readonly [name: string]: unknown },
  engine: unknown,
): Effect.Effect<void, InputError> => {
  const foreign: string | undefined = ofTrl.find((name) => isGiven(input[name], defaults[name]))
  const subject =
    foreign === undefined ? (engine === undefined ? null : '--set engine') : `--${dashed(foreign)}`
  return subject === null
    ? Effect.void
    : Effect.fail(
        new InputError({
          subject,
          problem: 'is for training with TRL, and this training is embedded',
          remedy: 'add --engine trl, or leave it out',
        }),
      )
}

/** Flags that have no part in the command that a scheduler starts. */
const ownFlags = {
  executor: 'value',
  option: 'value',
  cpus: 'value',
  plan: 'switch',
  json: 'switch',
} as const

/** This command as a scheduler starts it on a node of its own: by this Node and from this checkout. */
export const relayedWords = (name: string): ReadonlyArray<string> => {
  const words = process.argv.slice(2)
  return started(['train', name, ...handedOn(words.slice(words.indexOf(name) + 1), ownFlags), '--json'])
}

/** `--set engine.NAME=VALUE`, if given; the engine's own schema says what is wrong with anything else. */
export const recordOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** Settings of the curriculum with their own flags. */
export const curriculumFlags = (input: EngineFlags) =>
  given({ group: input.numGenerations, beta: input.beta, loss: input.loss })

/**
 * Options of the launch.
 *
 * @param engine settings of the engine, given with `--set engine.NAME=VALUE`
 * @param executorOptions those given with `--option`
 */
export const trlOptions = (
  input: Pick<EngineFlags, keyof typeof launchFlags | 'executor' | 'cpus'> & {
    readonly freezeVision: boolean
    readonly loraAlpha: Option.Option<number>
    readonly weightDecay: Option.Option<number>
  },
  engine: { readonly [name: string]: unknown },
  executorOptions: { readonly [name: string]: unknown },
): TrlOptions => ({
  gpus: Option.getOrElse(input.gpus, () => 1),
  python: pythonOf(input.python),
  engine: {
    ...given({
      loraRank: input.loraRank,
      loraAlpha: input.loraAlpha,
      weightDecay: input.weightDecay,
      vllm: input.vllm,
      vllmUrl: input.vllmUrl,
      sharding: input.sharding,
      precision: input.precision,
    }),
    ...(Option.isSome(input.packing) ? { packing: input.packing.value === 'on' } : {}),
    freezeVision: input.freezeVision,
    ...engine,
  },
  offload: input.offload,
  executor: input.executor,
  executorOptions,
  cpus: Option.getOrElse(
    input.cpus,
    () =>
      8 *
      Math.max(
        1,
        Option.getOrElse(input.gpus, () => 1),
      ),
  ),
  host: input.host,
  port: Option.getOrElse(input.port, () => 0),
})

/** As `engineOf`, for a model that the engine's machine may download: a hub name need not be in the local cache. */
export const trlModel = (config: Config, flags: Parameters<typeof engineOf>[1]) =>
  engineOf(config, flags).pipe(
    Effect.catchTag('InputError', (error) => {
      const { name } = modelOf(config, flags)
      return name === undefined || !/^[\w.-]+\/[\w.-]+$/.test(name)
        ? Effect.fail(error)
        : Effect.map(engineOf(config, { ...flags, model: Option.none() }), (engine) => ({
            ...engine,
            checkpoint: name,
          }))
    }),
  )
