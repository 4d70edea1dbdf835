import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { InputError } from '../core/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runScore, scoreSamplings } from '../pipelines/score.ts'
import { engineOf, json, model, modelOf, print, profile } from './flags.ts'
import { trainingServices } from './services.ts'

export const score = Command.make(
  'score',
  {
    ...model,
    ...profile,
    json,
    video: Flag.String('video').pipe(Flag.withDescription('a video or image file')),
    prompt: Flag.String('prompt').pipe(
      Flag.withDescription("the user's text after the video or image"),
      Flag.optional,
    ),
    query: Flag.String('query').pipe(
      Flag.withDescription('instead of --prompt: ask when this happens, as the agents do'),
      Flag.optional,
    ),
    completion: Flag.String('completion').pipe(Flag.withDescription('the reply to score')),
    sampling: Flag.Literals('sampling', scoreSamplings).pipe(
      Flag.withDescription(
        'how frames are sampled: rate as agents and training do, even takes --frames evenly spaced frames, transformers follows its video processor at its fps (2); default rate, or even if --frames is given without --fps',
      ),
      Flag.optional,
    ),
    visionWrap: Flag.Literals('vision-wrap', ['transformers', 'vllm']).pipe(
      Flag.withDescription(
        "prompt layout to follow: transformers keeps the chat template's vision tokens around the frames of Qwen3-VL, vllm does not; they also number the positions after a long clip of Qwen2.5-VL and Qwen2-VL differently",
      ),
      Flag.withDefault('transformers'),
    ),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const engine = yield* engineOf(config, input)
    const asked = Option.orElse(
      Option.map(input.prompt, (prompt) => ({ prompt })),
      () => Option.map(input.query, (query) => ({ query })),
    )
    if (Option.isNone(asked))
      return yield* new InputError({
        subject: 'score',
        problem: 'no question is given',
        remedy: 'use --prompt TEXT or --query TEXT',
      })
    const result = yield* runScore({
      model: engine.checkpoint,
      video: input.video,
      asked: asked.value,
      completion: input.completion,
      profile: modelOf(config, input).overrides,
      // --frames alone means that many frames, evenly spaced.
      sampling: Option.getOrElse(input.sampling, () =>
        Option.isSome(input.frames) && Option.isNone(input.fps) ? ('even' as const) : ('rate' as const),
      ),
      visionWrap: input.visionWrap,
    }).pipe(Effect.provide(trainingServices(engine)))
    yield* print(input.json, result, [
      ...result.tokens.map(
        ({ text, logProb }) => `${logProb.toFixed(4).padStart(9)}  ${JSON.stringify(text)}`,
      ),
      `${result.total.toFixed(4).padStart(9)}  total, after ${result.promptTokens} prompt tokens and ${result.frames} frames of ${result.width}x${result.height} (vision wrap: ${result.visionWrap})`,
    ])
  }),
).pipe(
  Command.withDescription(
    'Compute the log-probability of each token of a reply, to compare trainers and servers',
  ),
  Command.withExamples([
    {
      command:
        'spanwise score --video clip.mp4 --query "the red circle blinks" --completion "<answer>1.0 to 3.0</answer>" --json',
      description: 'with the included checkpoint',
    },
  ]),
)
