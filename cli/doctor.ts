import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { IncompleteError, InputError, type VideoError } from '../core/index.ts'
import { readPreprocessing } from '../engine/checkpoint/index.ts'
import { checkpointProfile, makeProfile, mediumOfServer, namedFacts } from '../models/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runTimestamps } from '../pipelines/doctor.ts'
import { type Backend, backend, backendOf } from './backend.ts'
import { json, print } from './flags.ts'
import { videoServices } from './services.ts'

/** What the model sees and how it gets it; no server is asked. */
const sightOf = Effect.fnUntraced(function* (chosen: Backend) {
  if (chosen.kind === 'embedded') {
    const checkpoint = yield* readPreprocessing(chosen.engine.checkpoint)
    return { profile: yield* checkpointProfile(checkpoint, chosen.overrides), transport: 'embedded' } as const
  }
  const profile = yield* Effect.fromResult(makeProfile(namedFacts(chosen.settings.model), chosen.overrides))
  return { profile, transport: mediumOfServer(chosen.settings, profile) }
})

const unusable = ({ path, problem }: VideoError) =>
  new InputError({ subject: path, problem, remedy: 'name another video with --video' })

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
    // A server's formula is known without asking it.
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
        problem: `the model takes ${result.wrong} of ${result.frames.length} frames for others in time`,
        remedy: 'send frames with --media frames or video, or a video of constant rate',
      })
  }),
).pipe(
  Command.withDescription(
    'True time of each frame, its marker in the prompt, and what the processor derives of it',
  ),
  Command.withExamples([
    { command: 'spanwise doctor timestamps --video clip.mp4', description: 'for the shipped checkpoint' },
    {
      command:
        'spanwise doctor timestamps --video clip.mp4 --backend openai --preset vllm --model Qwen3-VL-8B --media file --json',
      description: 'for a server that takes the frames of the file itself; it is not asked',
    },
  ]),
)

export const doctor = Command.make('doctor').pipe(
  Command.withDescription('Examine what a model would really be given'),
  Command.withSubcommands([timestamps]),
)
