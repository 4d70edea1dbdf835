import { Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import { conversationModes, requestModes, starts } from '../../agents/index.ts'
import { InputError } from '../../core/index.ts'
import type { Suite } from '../../eval/index.ts'
import { given, refuseGiven, whole } from '../flags.ts'

/** Flags of frame seeking. */
export const seekFlags = {
  protocol: Flag.Literals('protocol', ['clip', 'sparse']).pipe(
    Flag.withDescription(
      'clip (default) shows each video once; sparse shows at most --frames frames (default 5) in each of at most --rounds rounds, and the model asks for others',
    ),
    Flag.withDefault('clip'),
  ),
  rounds: whole('rounds', 'with --protocol sparse: maximum number of rounds, default 5', 1),
  start: Flag.Literals('start', starts).pipe(
    Flag.withDescription(
      'with --protocol sparse: frames of the first round, random (default), uniform, or all: one of these two, drawn for each sample',
    ),
    Flag.optional,
  ),
  conversation: Flag.Literals('conversation', conversationModes).pipe(
    Flag.withDescription(
      'with --protocol sparse: fresh (default) asks each round with its own frames only, growing keeps the earlier rounds',
    ),
    Flag.optional,
  ),
  requests: Flag.Literals('requests', requestModes).pipe(
    Flag.withDescription(
      'with --protocol sparse: exact (default) grants the requests that Sparse-Video-R1 grants, tolerant also those that name the wrong frames to remove, or none',
    ),
    Flag.optional,
  ),
}

interface Input {
  readonly protocol: 'clip' | 'sparse'
  readonly frames: Option.Option<number>
  readonly rounds: Option.Option<number>
  readonly start: Option.Option<(typeof starts)[number]>
  readonly conversation: Option.Option<(typeof conversationModes)[number]>
  readonly requests: Option.Option<(typeof requestModes)[number]>
  readonly predictions: Option.Option<string>
  readonly baseline: Option.Option<string>
  readonly seed: number
}

/** Frames of a round where `--frames` is not given, as in Sparse-Video-R1. */
const sparseFrames = 5

/** How frames are sought; null where the whole clip is shown. */
export const seekOf = ({ protocol, frames, rounds, start, conversation, requests, seed }: Input) =>
  protocol === 'clip'
    ? null
    : {
        frames: Option.getOrElse(frames, () => sparseFrames),
        seed,
        ...given({ rounds, start, mode: conversation, requests }),
      }

const alone = ['rounds', 'start', 'conversation', 'requests'] as const

/** Refuses flags of frame seeking without it, and frame seeking where nothing can be asked by it. */
export const refuseSeeking = Effect.fnUntraced(function* (suite: Suite, input: Input) {
  if (input.protocol === 'clip') {
    return yield* refuseGiven(input, alone, {
      problem: 'applies to frame seeking only',
      remedy: 'add --protocol sparse',
    })
  }
  if (!suite.tasks.includes('choice'))
    return yield* new InputError({
      subject: '--protocol sparse',
      problem: `needs multiple-choice questions, and ${suite.name} has none`,
      remedy: 'use it with nextqa or another suite of multiple choice',
    })
  if (Option.isSome(input.predictions) || Option.isSome(input.baseline))
    return yield* new InputError({
      subject: '--protocol sparse',
      problem: 'asks a model, and predictions are given',
      remedy: 'leave out --predictions and --baseline',
    })
})

/** How the conversations ended, in one line. */
export const endingLine = (counts: { readonly [ending: string]: number }): string =>
  `conversations: ${Object.entries(counts)
    .toSorted((a, b) => b[1] - a[1])
    .map(([ending, count]) => `${count} ${ending}`)
    .join(', ')}`
