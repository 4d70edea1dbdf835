import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, InputError, type VideoError } from '../core/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { checkpointProfile, makeProfile, mediumOfServer, namedFacts } from '../models/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runTimestamps } from '../pipelines/doctor.ts'
import { doctorTrainLines, runDoctorTrain } from '../pipelines/doctor-train.ts'
import { type Backend, backend, backendOf } from './backend.ts'
import { json, model, modelOf, print, profile } from './flags.ts'
import { videoServices } from './services.ts'
import { settings, settingsOf } from './settings.ts'
import { launchFlags, recordOf, trlModel, trlOptions } from './trl.ts'

/** What the model sees and how frames are sent; no server is contacted. */
const sightOf = Effect.fnUntraced(function* (chosen: Backend) {
  if (chosen.kind === 'embedded') {
    const checkpoint = yield* readPreprocessing(chosen.engine.checkpoint)
    return { profile: yield* checkpointProfile(checkpoint, chosen.overrides), transport: 'embedded' } as const
  }
  const profile = yield* Effect.fromResult(makeProfile(namedFacts(chosen.settings.model), chosen.overrides))
  return { profile, transport: mediumOfServer(chosen.settings, profile) }
})

const unusable = ({ path, problem }: VideoError) =>
  new InputError({ subject: path, problem, remedy: 'choose another video with --video' })

const seconds = (value: number | null): string => (value === null ? 'none' : value.toFixed(3))

const timestamps = Command.make(
  'timestamps',
  {
    ...backend,
    json,
    video: Flag.String('video').pipe(Flag.withDescription('a video file')),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    // A server's formula is known without contacting it.
    const baseUrl = Option.orElse(input.baseUrl, () =>
      Option.contains(input.backend, 'openai') && config.backend.kind !== 'openai'
        ? Option.some('http://localhost:8000/v1')
        : Option.none(),
    )
    const chosen = yield* backendOf(config, { ...input, baseUrl })
    const result = yield* runTimestamps({
      video: input.video,
      ...(yield* sightOf(chosen)),
      rounds: chosen.kind === 'openai' && chosen.settings.preset === 'transformers',
    }).pipe(
      Effect.provide(videoServices(1, undefined)),
      Effect.catchTag('VideoError', (error) => unusable(error)),
    )
    const width = Math.max(6, ...result.frames.map(({ marker }) => (marker ?? 'none').length))
    const line = (cells: readonly [string, string, string, string, string]) =>
      [
        cells[0].padStart(7),
        cells[1].padStart(10),
        cells[2].padEnd(width),
        cells[3].padStart(10),
        cells[4].padStart(8),
      ].join('  ')
    yield* print(input.json, result, [
      line(['frame', 'true (s)', 'marker', 'derived', 'error']),
      ...result.frames.map(({ index, time, marker, derived, error, wrong }) =>
        line([
          String(index),
          seconds(time),
          marker ?? 'none',
          seconds(derived),
          `${seconds(error)}${wrong ? ' *' : ''}`,
        ]),
      ),
      `${result.frames.length} frames of ${result.video} for ${result.model} (${result.family}, ${result.transport}): ${result.wrong} off by more than half a frame`,
    ])
    if (result.wrong > 0)
      return yield* new IncompleteError({
        subject: result.video,
        problem: `the model assigns a wrong time to ${result.wrong} of ${result.frames.length} frames`,
        remedy: 'send frames with --media frames or video, or use a video with a constant frame rate',
      })
  }),
).pipe(
  Command.withDescription(
    'Compare the true time of each frame with its time in the prompt and in the processor',
  ),
  Command.withExamples([
    { command: 'spanwise doctor timestamps --video clip.mp4', description: 'for the included checkpoint' },
    {
      command:
        'spanwise doctor timestamps --video clip.mp4 --backend openai --preset vllm --model Qwen3-VL-8B --media file --json',
      description: 'for a server that decodes the file itself; it is not contacted',
    },
  ]),
)

const train = Command.make(
  'train',
  {
    ...model,
    ...profile,
    ...launchFlags,
    json,
    freezeVision: Flag.Boolean('freeze-vision').pipe(
      Flag.withDescription('do not train the vision tower'),
      Flag.withDefault(false),
    ),
    settings,
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const { checkpoint, threads } = yield* trlModel(config, input)
    const { engine, ...others } = yield* settingsOf(input.settings)
    const [other] = Object.keys(others)
    if (other !== undefined)
      return yield* new InputError({
        subject: `--set ${other}`,
        problem: 'is no setting of the engine, and the steps of this check are fixed',
        remedy: 'leave it out, or use --set engine.NAME=VALUE',
      })
    const none = { cpus: Option.none(), loraAlpha: Option.none(), weightDecay: Option.none() }
    const options = trlOptions({ ...input, ...none, executor: 'local' }, recordOf(engine), {})
    const result = yield* runDoctorTrain(checkpoint, modelOf(config, input).overrides, options).pipe(
      Effect.provide(videoServices(threads, undefined)),
    )
    yield* print(input.json, result, doctorTrainLines(result))
  }),
).pipe(
  Command.withDescription(
    'Train one GRPO step and one supervised step through TRL on two clips, and print what each guard measured',
  ),
  Command.withExamples([
    { command: 'spanwise doctor train --model Qwen/Qwen3-VL-2B-Instruct', description: 'on one GPU' },
    { command: 'spanwise doctor train --gpus 0', description: 'the shipped checkpoint on the CPU' },
  ]),
)

export const doctor = Command.make('doctor').pipe(
  Command.withDescription('Examine the input that a model is given'),
  Command.withSubcommands([timestamps, train]),
  Command.withExamples([
    {
      command: 'spanwise doctor timestamps --video clip.mp4',
      description: 'the times that the model receives',
    },
  ]),
)
