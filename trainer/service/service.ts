import { Effect, Semaphore } from 'effect'
import { maskRatio } from '../../curriculum/index.ts'
import { answerOf } from '../../tasks/index.ts'
import { wordingOf } from '../clip-prompts.ts'
import type { TrainingItem } from '../data.ts'
import { samplerOf } from '../draws.ts'
import { bandedBy } from '../grpo.ts'
import { ratioAt } from '../masking.ts'
import { cutFigures, poolOf } from '../pool.ts'
import { agreement } from './agreement.ts'
import { completionScorer } from './completions.ts'
import { makeDraws } from './draws.ts'
import { frameStore } from './frames.ts'
import { openRecords } from './records.ts'
import type { PromptItem } from './schemas.ts'
import { servedSeek } from './seek.ts'
import { stepLog } from './step-log.ts'
import { Refusal, type TrainingService, type TrainingServiceOptions } from './types.ts'

const drawn = /^draw\/(\d+)$/

/**
 * Prompts, frames and rewards of one run for an engine that pulls them. Answers are pure functions of (run, step, id), so
 * any rank may ask in any order and any number of times; what was served is recorded in the run's folder.
 */
export const makeTrainingService = Effect.fn('TrainingService.make')(function* (
  options: TrainingServiceOptions,
) {
  const { training, steps, views, folder, engine } = options
  const curriculum = training.kind === 'curriculum' ? training : null
  const items = curriculum === null ? options.items : bandedBy(options.items, curriculum.options.key)
  const known = poolOf(items)
  const perStep = training.kind === 'sft' ? training.options.batch : training.options.prompts
  const records = yield* openRecords(folder)
  const frames = frameStore(views, options.sharedFrames)
  const ranks = agreement(records)
  // Conversations about frames hide none.
  const masks = curriculum !== null && curriculum.options.seek === undefined
  const ratioOf = (item: TrainingItem, step: number) =>
    !masks ? 0 : ratioAt(curriculum.options, item, step, steps)

  const log = yield* stepLog({
    folder,
    records,
    cuts: (keys) =>
      cutFigures(
        keys.map((key) => known(key)!),
        training.kind === 'sft' && training.options.thoughts,
      ),
    ...(curriculum === null
      ? {}
      : {
          curriculum: {
            options: curriculum.options,
            ratio: (step: number) => (masks ? maskRatio(curriculum.options.mask, step, steps) : 0),
            bandOf: (key: string) => known(key)!.band,
            masked: (key: string, step: number) => ratioOf(known(key)!, step) > 0,
            taskOf: (key: string) => known(key)!.sample.task,
          },
        }),
  })
  const draws = yield* makeDraws({
    sampler: samplerOf(items, training.options, curriculum?.options.solvedAbove ?? 1),
    perStep,
    scoresOf: log.scoresOf,
    recorded: records.draws,
    record: records.draw,
    item: (key) => known(key)!,
    readable: views.clip,
  })

  const refuse = (status: Refusal['status'], problem: string) => new Refusal({ status, problem })
  const checkStep = (request: { readonly run: string; readonly step: number }) =>
    request.run !== options.run
      ? Effect.fail(refuse(409, `this service belongs to run "${options.run}", not to "${request.run}"`))
      : request.step >= steps
        ? Effect.fail(refuse(422, `step ${request.step} is past the last, ${steps - 1}`))
        : Effect.void

  const itemOf = Effect.fnUntraced(function* (step: number, id: string) {
    const number = drawn.exec(id)?.[1]
    const key = number === undefined ? id : (yield* draws.of(step)).keys[Number(number)]
    const item = key === undefined ? undefined : known(key)
    return item ?? (yield* refuse(422, `step ${step} has no sample ${JSON.stringify(id)}`))
  })

  const { seek: seeking } = training.options
  const conversations =
    seeking === undefined
      ? null
      : servedSeek({
          ...{ settings: seeking, wording: options.wording, views, frames },
          // As the embedded trainers draw the first frames; a step of GRPO may draw further prompts, a step of SFT not.
          seedOf: (step) => [training.options.seed, step, ...(curriculum === null ? [] : [0])],
          teaches: curriculum === null,
          ...(options.shown ?? { layout: 'pairs', framesPerToken: 1 }),
        })

  const score = curriculum === null ? null : completionScorer(curriculum, conversations, options.encode)

  const promptOf = Effect.fnUntraced(function* (step: number, id: string) {
    const item = yield* itemOf(step, id)
    if (conversations !== null) {
      const prompt = (yield* conversations.prompt(item, step, id, []))!
      if (records.promptOf(step, item.key)?.mask !== prompt.mask)
        records.prompt({ step, sample: item.key, mask: prompt.mask, share: 0, priorIou: 0 })
      return prompt
    }
    const { clip, mask, priorIou } = yield* views.view(item, ratioOf(item, step))
    const hashes = frames.hashes(item, clip)
    const hidden = mask.hidden.includes(1)
    const shown = Array.from(clip.times.keys()).filter(
      (place) => !(hidden && views.mode === 'drop' && mask.hidden[place] === 1),
    )
    yield* frames.share(item, clip)
    if (records.promptOf(step, item.key)?.mask !== mask.digest)
      records.prompt({ step, sample: item.key, mask: mask.digest, share: mask.share, priorIou })
    const { question, enable } = wordingOf(item, options.wording)
    const prompt: PromptItem = {
      id,
      sample: item.key,
      messages: [
        {
          role: 'user',
          content: [{ type: 'video' }, { type: 'text', text: question }],
        },
      ],
      video: {
        frames: shown.map((place) => ({
          hash: mask.hidden[place] === 1 ? null : hashes[place]!,
          time: clip.times[place]!,
        })),
        fps: clip.fps,
        width: clip.width,
        height: clip.height,
        duration: clip.info.duration,
      },
      thinking: enable,
      mask: mask.digest,
      answer: (options.wording.lesson ?? answerOf)(item.sample),
    }
    return prompt
  })

  const scope = yield* Effect.scope
  const reading = yield* Semaphore.make(1)
  const ahead = options.ahead ?? 1
  const begun = new Set<number>()
  /** Reads the videos of the next steps while the engine works on this one. */
  const readAhead = (step: number) =>
    Effect.forEach(
      Array.from({ length: ahead }, (_, i) => step + 1 + i).filter((at) => at < steps && !begun.has(at)),
      (at) => {
        begun.add(at)
        return Effect.forEach(draws.guess(at), (key) => {
          const item = known(key)!
          return Effect.ignore(
            Effect.flatMap(views.clip(item), (clip) => {
              frames.hashes(item, clip)
              return frames.share(item, clip)
            }),
          )
        }).pipe(reading.withPermits(1), Effect.forkIn(scope))
      },
      { discard: true },
    )

  const prompts: TrainingService['prompts'] = Effect.fn('TrainingService.prompts')(function* (request) {
    yield* checkStep(request)
    const problem = ranks.asks(request.rank, request.step)
    if (problem !== null) return yield* refuse(409, problem)
    const distinct = [...new Set(request.ids)]
    const answers = yield* Effect.forEach(distinct, (id) => promptOf(request.step, id), { concurrency: 4 })
    const byId = new Map(answers.map((answer) => [answer.id, answer]))
    yield* readAhead(request.step)
    return request.ids.map((id) => byId.get(id)!)
  })

  const turns: TrainingService['turns'] = Effect.fn('TrainingService.turns')(function* (request) {
    yield* checkStep(request)
    if (conversations === null) return yield* refuse(422, 'this run has no conversations')
    return yield* Effect.forEach(
      request.items,
      ({ id, replies }) =>
        Effect.flatMap(itemOf(request.step, id), (item) =>
          conversations.prompt(item, request.step, id, replies),
        ),
      { concurrency: 4 },
    )
  })

  const frame: TrainingService['frame'] = Effect.fn('TrainingService.frame')(function* (hash, format) {
    return (
      (yield* frames.frame(hash, format)) ?? (yield* refuse(404, `no served prompt contains frame ${hash}`))
    )
  })

  const rewards: TrainingService['rewards'] = Effect.fn('TrainingService.rewards')(function* (request) {
    yield* checkStep(request)
    if (score === null) return yield* refuse(422, 'supervised fine-tuning has no rewards')
    return yield* Effect.forEach(request.items, (completion) =>
      Effect.gen(function* () {
        const { step, rank } = request
        const item = yield* itemOf(step, completion.id)
        const { clip, mask } =
          seeking === undefined
            ? yield* views.view(item, ratioOf(item, step))
            : {
                clip: yield* views.clip(item),
                mask: { digest: records.promptOf(step, item.key)?.mask ?? 'none' },
              }
        const scored = score(item, step, clip.info, completion)
        if (typeof scored === 'string') return yield* refuse(422, scored)
        const served = {
          ...scored,
          step,
          sample: item.key,
          generation: completion.generation,
          rank,
          text: completion.text,
          finish: completion.finish,
          mask: mask.digest,
        }
        const problem = ranks.scores(served)
        if (problem !== null) return yield* refuse(409, problem)
        const before = records.rewardOf(step, item.key, completion.generation)
        if (before?.text !== completion.text) records.reward(served)
        return {
          id: completion.id,
          generation: completion.generation,
          reward: scored.reward,
          weight: item.weight,
          scores: scored.scores,
        }
      }),
    )
  })

  const event: TrainingService['event'] = Effect.fn('TrainingService.event')(function* (request) {
    const { kind, step, rank } = request
    if (kind !== 'end' && kind !== 'failed') yield* checkStep(request)
    if (kind === 'start') ranks.reset()
    for (const [id, mask] of Object.entries(request.masks ?? {})) {
      const item = yield* itemOf(step, id).pipe(
        Effect.catchTag('VideoError', ({ message }) => Effect.fail(refuse(422, message))),
      )
      const problem = ranks.masks(rank, step, item.key, mask)
      if (problem !== null) return yield* refuse(409, problem)
    }
    if (kind === 'step' && rank === 0) log.finish(step, request.figures ?? {}, draws.known(step))
    else if (kind !== 'heartbeat' && kind !== 'step')
      records.note({ kind: 'engine', step, rank, event: request })
    if (kind === 'failed')
      yield* Effect.logWarning(`rank ${rank} failed at step ${step}: ${request.message ?? ''}`)
    if (kind === 'checkpoint' && rank === 0) yield* options.onCheckpoint ?? Effect.void
    return { stop: log.stops() }
  })

  const service: TrainingService = {
    run: {
      run: options.run,
      kind: training.kind,
      steps,
      prompts: perStep,
      group: training.kind === 'sft' ? 1 : training.options.group,
      samples: items.length,
      weighted: items.some(({ weight }) => weight !== 1),
      settings: JSON.parse(JSON.stringify(training.options)),
      engine,
      sharedFrames: options.sharedFrames,
    },
    prompts,
    turns,
    frame,
    rewards,
    event,
  }
  return service
})
