import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mean } from '../../../core/index.ts'
import { draw, rescore, startSampler } from '../../../curriculum/index.ts'
import { composeRewards } from '../../../rewards/index.ts'
import { samplerOf } from '../../../trainer/draws.ts'
import { bandedBy, ratioAt, scoreText } from '../../../trainer/index.ts'
import { type Refusal, servedFile } from '../../../trainer/service/index.ts'
import { places, scene, service, steps } from './scene.ts'

const scoped = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const ask = (step: number, ids = places, rank = 0) => ({ run: 'test', step, rank, ids })
const reply = (id: string, generation: number, text: string) => ({
  id,
  generation,
  text,
  finish: 'stop' as const,
})

/** Asks for a step and rewards its completions, as an engine does. */
const stepOf = Effect.fnUntraced(function* (
  made: Effect.Success<ReturnType<typeof service>>['service'],
  step: number,
  text = '<answer>1.0 to 2.0</answer>',
) {
  const items = yield* made.prompts(ask(step))
  yield* made.rewards({
    run: 'test',
    step,
    rank: 0,
    items: places.flatMap((id) => [reply(id, 0, text), reply(id, 1, 'eh')]),
  })
  yield* made.event({
    run: 'test',
    step,
    rank: 0,
    kind: 'step',
    figures: { loss: 0.5, 'seconds/generate': 2 },
  })
  return items
})

it('draws, masks and rewards as the embedded trainer does, at every step', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const place = scene()
        const { options, service: made } = yield* service(place, { solvedAbove: 0.6, order: 'hard-first' })
        const items = bandedBy(place.items, options.key)
        const byKey = new Map(items.map((item) => [item.key, item]))
        const rewards = yield* composeRewards({ iou: 1, format: 0.5 })
        const sampler = samplerOf(items, options, options.solvedAbove)
        let state = startSampler(sampler)
        let masked = 0
        for (let step = 0; step < steps; step++) {
          const drawn = draw(sampler, state, options.prompts)
          const served = yield* stepOf(made, step)
          expect(served.map(({ sample }) => sample)).toEqual(drawn.ids)
          const scores: Record<string, number> = {}
          for (const { sample, mask, video } of served) {
            const item = byKey.get(sample)!
            const ratio = ratioAt(options, item, step, steps)
            const view = yield* place.views.view(item, ratio)
            expect(mask).toBe(view.mask.digest)
            expect(video.frames.map(({ hash }) => hash === null)).toEqual(
              Array.from(view.mask.hidden, (bit) => bit === 1),
            )
            expect(video.frames.map(({ time }) => time)).toEqual(Array.from(view.clip.times))
            masked += view.mask.share > 0 ? 1 : 0
            const scored = ['<answer>1.0 to 2.0</answer>', 'eh'].map((text) =>
              scoreText(rewards, item, { duration: view.clip.info.duration }, text),
            )
            if (ratio === 0) scores[sample] = mean(scored.map(({ solved }) => solved))
          }
          state = rescore(drawn.state, scores)
        }
        expect(masked).toBeGreaterThan(0)
      }),
    ),
  ))

it('answers a request the same in any order, from any rank and any number of times', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.nat(1)), { minLength: 1, maxLength: 8 }),
      async (requests) => {
        const answers = await scoped(
          Effect.scoped(
            Effect.gen(function* () {
              const { service: made } = yield* service(scene())
              const all = yield* made.prompts(ask(0))
              return yield* Effect.forEach(
                requests,
                ([at, rank]) =>
                  Effect.map(made.prompts(ask(0, [places[at]!], rank)), ([one]) => [one, all[at]] as const),
                { concurrency: 'unbounded' },
              )
            }),
          ),
        )
        for (const [one, other] of answers) expect(one).toEqual(other)
      },
    ),
    { numRuns: 10 },
  ))

it('answers the same after a restart in the middle of a step, with draws that depend on rewards', async () => {
  const settings = { solvedAbove: 0.4, order: 'easy-first' }
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-restart-'))
  const straight = await scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene(), settings)
        const served = []
        for (let step = 0; step < steps; step++) served.push(yield* stepOf(made, step))
        return served
      }),
    ),
  )
  for (let step = 0; step < steps; step++)
    await scoped(
      Effect.scoped(
        Effect.gen(function* () {
          const first = (yield* service(scene(), settings, folder)).service
          expect(yield* first.prompts(ask(step))).toEqual(straight[step])
          const second = (yield* service(scene(), settings, folder)).service
          expect(yield* stepOf(second, step)).toEqual(straight[step])
        }),
      ),
    )
  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n')
  expect(rows.map((line) => JSON.parse(line).step)).toEqual([0, 1, 2, 3, 4, 5])
})

it('writes a row with the columns of the embedded trainer, once', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made, path } = yield* service(scene())
        yield* stepOf(made, 0)
        yield* made.event({ run: 'test', step: 0, rank: 0, kind: 'step', figures: { loss: 9 } })
        yield* made.event({ run: 'test', step: 0, rank: 1, kind: 'step' })
        const rows = readFileSync(join(path, 'metrics.jsonl'), 'utf8').trim().split('\n')
        expect(rows).toHaveLength(1)
        const row = JSON.parse(rows[0]!)
        expect(row).toMatchObject({
          step: 0,
          loss: 0.5,
          parsed: 0.5,
          seconds: { generate: 2 },
          unreadable: 0,
        })
        expect(row.rewards.format).toBeGreaterThan(0)
        expect(row.mask.ratio).toBe(0.8)
        const rollouts = JSON.parse(readFileSync(join(path, 'rollouts.jsonl'), 'utf8'))
        expect(rollouts.rollouts.map(({ text }: { text: string }) => text)).toEqual([
          '<answer>1.0 to 2.0</answer>',
          'eh',
        ])
      }),
    ),
  ))

it('stops early once the rewards no longer move', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene(), { earlyStop: { patience: 2 } })
        const stops = []
        for (let step = 0; step < 5; step++) {
          yield* stepOf(made, step, 'eh')
          stops.push((yield* made.event({ run: 'test', step, rank: 1, kind: 'step' })).stop)
        }
        expect(stops).toEqual([false, false, true, true, true])
      }),
    ),
  ))

it('decodes a clip once for everyone who waits for it, and again only when the cache has dropped it', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const place = scene()
        const { service: made } = yield* service(place)
        yield* Effect.all(
          [0, 1, 2, 3].map((rank) => made.prompts(ask(0, places, rank))),
          { concurrency: 'unbounded' },
        )
        expect(place.decoded).toHaveLength(3)
        const small = scene(1)
        const other = (yield* service(small)).service
        const [item] = yield* other.prompts(ask(0, ['draw/0']))
        const before = small.decoded.length
        const hash = item!.video.frames.find((frame) => frame.hash !== null)!.hash!
        expect((yield* other.frame(hash, 'rgb')).length).toBe(32 * 32 * 3)
        expect(small.decoded.length).toBe(before + 1)
      }),
    ),
  ))

it('draws the next sample where a video cannot be read, and says so', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const place = scene()
        const healthy = yield* Effect.flatMap(service(scene()), ({ service: made }) => made.prompts(ask(0)))
        place.broken.add(`${healthy[1]!.sample.split('/').at(-1)}.mp4`)
        const { service: made, path } = yield* service(place)
        const served = yield* stepOf(made, 0)
        expect(served[0]!.sample).toBe(healthy[0]!.sample)
        expect(served.map(({ sample }) => sample)).not.toContain(healthy[1]!.sample)
        expect(new Set(served.map(({ sample }) => sample)).size).toBe(3)
        expect(JSON.parse(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).unreadable).toBe(1)
        for (const item of place.items) place.broken.add(item.sample.file)
        const none = yield* service(place)
        const empty = scene()
        for (const item of empty.items) empty.broken.add(item.sample.file)
        const error = yield* Effect.flip(
          Effect.flatMap(service(empty), ({ service: blind }) => blind.prompts(ask(0))),
        )
        expect(error._tag).toBe('VideoError')
        expect(none.path).not.toBe(path)
      }),
    ),
  ))

const refusal = (effect: Effect.Effect<unknown, { readonly _tag: string }>) =>
  Effect.map(Effect.flip(effect), (error) => {
    expect(error._tag).toBe('Refusal')
    return error as Refusal
  })

it('says when ranks disagree: on the step, on a text, on a mask', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made, path } = yield* service(scene())
        for (let step = 0; step < 3; step++) yield* stepOf(made, step)
        expect((yield* refusal(made.prompts(ask(0, places, 1)))).problem).toBe(
          'rank 1 is at step 0 while rank 0 is at step 2',
        )
        const scoring = (rank: number, text: string) =>
          made.rewards({ run: 'test', step: 2, rank, items: [reply('draw/0', 0, text)] })
        yield* scoring(1, '<answer>1.0 to 2.0</answer>')
        expect((yield* refusal(scoring(1, 'other'))).problem).toContain('ranks 0 and 1 have different texts')
        const masks = (mask: string) =>
          made.event({ run: 'test', step: 2, rank: 1, kind: 'step', masks: { 'draw/0': mask } })
        const [item] = yield* made.prompts(ask(2, ['draw/0'], 1))
        yield* masks(item!.mask)
        expect((yield* refusal(masks('00000000'))).status).toBe(409)
        const found = readFileSync(join(path, servedFile), 'utf8')
          .split('\n')
          .filter((line) => line.includes('"disagreement"'))
        expect(found).toHaveLength(3)
      }),
    ),
  ))

it('refuses other runs, steps past the last and unknown samples', () =>
  scoped(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene())
        expect((yield* refusal(made.prompts({ ...ask(0), run: 'other' }))).status).toBe(409)
        expect((yield* refusal(made.prompts(ask(steps)))).problem).toBe('step 6 is past the last, 5')
        expect((yield* refusal(made.prompts(ask(0, ['draw/3'])))).status).toBe(422)
        expect((yield* refusal(made.prompts(ask(0, ['nobody'])))).status).toBe(422)
        expect((yield* refusal(made.frame('0'.repeat(64), 'rgb'))).status).toBe(404)
        const [byKey] = yield* made.prompts(ask(0, ['shapes/train/v4']))
        expect(byKey!.sample).toBe('shapes/train/v4')
      }),
    ),
  ))
