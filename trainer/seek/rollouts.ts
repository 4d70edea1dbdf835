import { Effect } from 'effect'
import { type Ending, framesUsed, proceed } from '../../agents/index.ts'
import { type EngineError, hash32, type InputError, type VideoError } from '../../core/index.ts'
import { noMask } from '../../curriculum/index.ts'
import type { Completion, EngineService } from '../../engine/index.ts'
import type { ProcessedPrompt } from '../../engine/processor/index.ts'
import { type Composition, targetOf } from '../../rewards/index.ts'
import { readReply, solvedShare } from '../../tasks/index.ts'
import type { TrainingItem } from '../data.ts'
import type { GrpoOptions } from '../options.ts'
import { overlongPenalty } from '../presets.ts'
import type { PromptSource } from '../prompts.ts'
import {
  type Batch,
  type RollContext,
  type RolloutGroup,
  type RolloutTurn,
  type ScoredRollout,
  thoughtTokens,
} from '../rollouts.ts'
import { seekFigures } from './figures.ts'
import { rulesOf, type SeekTraining } from './settings.ts'
import type { SeekSource, SeekState } from './source.ts'

interface SeekContext extends Omit<RollContext, 'source' | 'ratioOf'> {
  readonly source: Pick<PromptSource, 'encode'>
  readonly seek: SeekSource
}

/** A conversation that is being rolled out. */
interface Rolling {
  readonly item: TrainingItem
  state: SeekState
  readonly turns: Array<RolloutTurn>
  ending: Ending | null
}

/**
 * Samples the next reply of each conversation. Conversations with the same prompt share its computation: prompts are
 * asked for as many replies as there are conversations, those with equal numbers in one call.
 */
const reply = Effect.fnUntraced(function* (
  engine: EngineService,
  asked: ReadonlyArray<{ readonly one: Rolling; readonly prompt: ProcessedPrompt }>,
  sampling: GrpoOptions['sampling'],
  seed: string,
) {
  const waiting = new Map<ProcessedPrompt, Array<Rolling>>()
  for (const { one, prompt } of asked) waiting.set(prompt, [...(waiting.get(prompt) ?? []), one])
  const counts = new Set([...waiting.values()].map(({ length }) => length))
  const replies: Array<{ one: Rolling; prompt: ProcessedPrompt; completion: Completion }> = []
  for (const n of [...counts].toSorted((a, b) => a - b)) {
    const together = [...waiting].filter(([, members]) => members.length === n)
    const sampled = yield* engine.generate(
      together.map(([prompt]) => prompt),
      { ...sampling, stop: [], n, seed: hash32(`${seed}/${n}`) },
    )
    together.forEach(([prompt, members], index) => {
      members.forEach((one, k) => {
        replies.push({ one, prompt, completion: sampled[index]![k]! })
      })
    })
  }
  return replies
})

/** The annotated answer as the prompt names options. */
const answerBy = (labels: 'letters' | 'digits', item: TrainingItem): TrainingItem => {
  const { answer } = item.sample
  return labels === 'letters' || answer === undefined
    ? item
    : { ...item, sample: { ...item.sample, answer: String(answer.charCodeAt(0) - 65) } }
}

/** Rewards the last reply of a conversation; it is read as the prompt names the options. */
export const scoreReply = (
  rewards: Composition,
  settings: SeekTraining,
  item: TrainingItem,
  duration: number,
  text: string,
): Pick<ScoredRollout, 'reward' | 'scores' | 'iou' | 'solved' | 'parsed'> => {
  const { sample } = answerBy(settings.labels, item)
  const { scores, total } = rewards.score(text, targetOf(sample, duration))
  const chosen = { ...item.sample, task: 'choice' }
  const reading = readReply(chosen, text, settings.labels === 'digits' ? 'sparse-video-r1' : 'strict')
  return {
    ...{ scores, reward: total, iou: null },
    ...{ solved: solvedShare(chosen, reading, duration), parsed: reading.kind !== 'unreadable' },
  }
}

const scored = (
  { rewards, options, source, seek: { settings } }: SeekContext,
  duration: number,
  { item, turns, ending }: Rolling,
): ScoredRollout => {
  const last = turns.at(-1)!
  const { reward, ...read } = scoreReply(rewards, settings, item, duration, last.text)
  const { maxTokens } = options.sampling
  // The longest reply, not their sum: the limit of tokens is that of a reply.
  const longest = Math.max(...turns.map((turn) => turn.tokens.length))
  return {
    tokens: turns.flatMap((turn) => turn.tokens),
    text: last.text,
    logProbs: turns.flatMap(({ logProbs }) => logProbs),
    finish: turns.some(({ finish }) => finish === 'length') ? 'length' : 'stop',
    ...read,
    thought: turns.reduce(
      (sum, turn) => sum + Math.min(turn.tokens.length, thoughtTokens(turn.text, source)),
      0,
    ),
    reward: reward + overlongPenalty(longest, maxTokens, options.overlong),
    turns,
    ending: ending ?? 'no answer',
  }
}

/** Samples and scores whole conversations about some items, G for each; all of an item begin with the same frames. */
export const rollConversations = Effect.fnUntraced(function* (context: SeekContext) {
  const { engine, seek, options, step, round: refill } = context
  const start = performance.now()
  seek.forget()
  const begun = yield* Effect.forEach(
    context.items,
    (item) =>
      Effect.gen(function* () {
        const { conversation, duration } = yield* seek.begin(item, options.seed, step, refill)
        const state: SeekState = { conversation, replies: [] }
        return { item, duration, state, prompt: yield* seek.prompt(item, state) }
      }).pipe(context.skip(item)),
    { concurrency: 4 },
  )
  const ready = begun.filter((entry) => 'prompt' in entry)
  const unreadable: ReadonlyArray<VideoError | InputError | EngineError> = begun.flatMap((entry) =>
    'prompt' in entry ? [] : [entry],
  )
  const prepared = performance.now()
  const rolling = ready.map(({ item, state }) =>
    Array.from({ length: options.group }, (): Rolling => ({ item, state, turns: [], ending: null })),
  )
  for (let round = 0; round < seek.settings.rounds; round++) {
    const open = rolling.flat().filter(({ ending }) => ending === null)
    if (open.length === 0) break
    const asked = yield* Effect.forEach(open, (one) =>
      Effect.map(seek.prompt(one.item, one.state), (prompt) => ({ one, prompt })),
    )
    const seed = ['seek rollout', options.seed, step, refill, round].join('/')
    for (const { one, prompt, completion } of yield* reply(engine, asked, options.sampling, seed)) {
      const { tokens, text, logProbs, finish } = completion
      const { shown } = one.state.conversation.rounds.at(-1)!
      one.turns.push({ prompt, shown, tokens, text, logProbs, finish })
      const next = proceed(one.state.conversation, completion, rulesOf(seek.settings))
      if (next.kind === 'end') one.ending = next.ending
      else one.state = { conversation: next.conversation, replies: [...one.state.replies, text] }
    }
  }
  const generated = performance.now()
  const groups = ready.map(({ item, duration, prompt, state }, index): RolloutGroup => {
    const mask = noMask(state.conversation.rounds[0]!.shown.length)
    return {
      item,
      prepared: { prompt, duration, mask, priorIou: 0 },
      ratio: 0,
      rollouts: rolling[index]!.map((one) => scored(context, duration, one)),
    }
  })
  const batch: Batch = {
    groups,
    unreadable,
    seconds: {
      prepare: (prepared - start) / 1000,
      generate: (generated - prepared) / 1000,
      reward: (performance.now() - generated) / 1000,
    },
  }
  return batch
})

/** What the conversations of a step took. */
export const seekSummary = (groups: ReadonlyArray<RolloutGroup>) =>
  seekFigures(
    groups.flatMap(({ rollouts }) =>
      rollouts.map(({ turns = [], ending = 'no answer' }) => ({
        rounds: turns.length,
        frames: framesUsed({ total: 0, rounds: turns.map(({ shown }) => ({ shown, outside: [] })) })
          .different,
        ending,
      })),
    ),
  )
