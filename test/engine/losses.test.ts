import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { random } from '../../core/index.ts'
import { Session, tensor } from '../../engine/session.ts'
import { type LossSettings, policyLosses, type TrainingGroup } from '../../engine/training/batch.ts'
import { policyLoss, sftLoss } from '../../engine/training/losses.ts'
import { tokenWeights } from '../../engine/training/normalise.ts'
import { Graph, gradients } from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'
import { restatedLoss } from './loss-restatement.ts'
import { randomPrompt, tinyModel } from './random-model.ts'

const width = 5
const prompt = randomPrompt(tinyModel(), 1, { frames: 0 })

/** A batch whose ratios lie on both sides of both clips, for advantages of both signs. */
const batch = (
  seed: number,
): { groups: ReadonlyArray<TrainingGroup>; logProbs: Array<Array<Array<number>>> } => {
  const source = random('losses', seed)
  const draw = (length: number) => Array.from({ length }, () => source.uniform(-3, -0.1))
  const lengths = [
    [5, 3, 1],
    [4, 2],
  ]
  const logProbs = lengths.map((group) => group.map(draw))
  const groups = lengths.map((group, g) => ({
    prompt,
    completions: group.map((length, c) => ({
      tokens: draw(length).map(() => 1),
      advantage: source.normal(),
      weight: source.uniform(0.5, 1.5),
      refLogProbs: draw(length),
      ...(c === 1 ? {} : { oldLogProbs: logProbs[g]![c]!.map((value) => value + source.normal(0, 0.4)) }),
    })),
  }))
  return { groups, logProbs }
}

/** Loss and gradient with respect to the log-probabilities, by the graph. */
const byGraph = Effect.fnUntraced(function* (
  { groups, logProbs }: ReturnType<typeof batch>,
  loss: LossSettings,
) {
  const sequences = groups.flatMap(({ completions }) => completions)
  const count = sequences.length
  const slots = (of: (s: number, t: number) => number) =>
    Float32Array.from({ length: count * width }, (_, i) => {
      const [s, t] = [Math.floor(i / width), i % width]
      return t < sequences[s]!.tokens.length ? of(s, t) : 0
    })
  const flat = logProbs.flat()
  const shares = tokenWeights(groups, loss).flat()
  const graph = new Graph('loss')
  const feeds: Record<string, ReturnType<typeof tensor>> = {}
  const input = (name: string, data: Float32Array, columns: number) => {
    feeds[name] = tensor('float32', data, [count, columns])
    return graph.input(name, 'float32', [count, columns])
  }
  const column = (of: (s: number) => number) => Float32Array.from({ length: count }, (_, s) => of(s))
  const now = input(
    'now',
    slots((s, t) => flat[s]![t]!),
    width,
  )
  const shared = {
    mask: input(
      'mask',
      slots(() => 1),
      width,
    ),
    weights: input(
      'weights',
      slots((s) => shares[s]!),
      width,
    ),
  }
  const value =
    loss.kind === 'sft'
      ? sftLoss(now, shared)
      : policyLoss(graph, loss, now, {
          ...shared,
          advantages: input(
            'advantages',
            column((s) => sequences[s]!.advantage!),
            1,
          ),
          old: input(
            'old',
            slots((s, t) => sequences[s]!.oldLogProbs?.[t] ?? 0),
            width,
          ),
          onPolicy: input(
            'on',
            column((s) => (sequences[s]!.oldLogProbs === undefined ? 1 : 0)),
            1,
          ),
          ...(loss.kind === 'gspo' && {
            inverseCounts: input(
              'counts',
              column((s) => 1 / sequences[s]!.tokens.length),
              1,
            ),
          }),
          ...(loss.beta > 0 && {
            reference: input(
              'reference',
              slots((s, t) => sequences[s]!.refLogProbs![t]!),
              width,
            ),
          }),
        })
  graph.output('loss', value)
  graph.output('gradient', gradients(value, [now])[0]!)
  const session = yield* Session.make(emit(graph), { device: 'cpu', threads: 1 })
  const results = yield* session.run(feeds)
  return {
    loss: (results.loss!.data as Float32Array)[0]!,
    gradient: results.gradient!.data as Float32Array,
  }
})

const settings: ReadonlyArray<LossSettings> = [
  { kind: 'sft' },
  ...policyLosses.flatMap((kind) =>
    [0, 0.1].map((beta) => ({ kind, clipLow: 0.2, clipHigh: 0.28, beta, maxTokens: 8 })),
  ),
]

describe('losses', () => {
  for (const loss of settings) {
    const name = loss.kind === 'sft' ? 'sft' : `${loss.kind}, beta ${loss.beta}`
    it.effect(`equals its plain restatement and that one's slope (${name})`, () =>
      Effect.gen(function* () {
        const drawn = batch(3)
        const { groups, logProbs } = drawn
        const { loss: value, gradient } = yield* byGraph(drawn, loss)
        assert.approximately(value, restatedLoss(groups, logProbs, loss), 1e-5)
        let sequence = 0
        logProbs.forEach((group, g) => {
          group.forEach((tokens, c) => {
            tokens.forEach((_, t) => {
              // On-policy completions have their ratio's slope at 1 although its value is constant: hold old fixed.
              const held = groups.map((one, i) => ({
                ...one,
                completions: one.completions.map((each, j) => ({
                  ...each,
                  oldLogProbs: each.oldLogProbs ?? logProbs[i]![j]!,
                })),
              }))
              const moved = (by: number) =>
                restatedLoss(
                  held,
                  logProbs.map((x, i) =>
                    x.map((y, j) => y.map((z, k) => (i === g && j === c && k === t ? z + by : z))),
                  ),
                  loss,
                )
              const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
              assert.approximately(gradient[sequence * width + t]!, slope, 1e-4)
            })
            sequence++
          })
        })
      }).pipe(Effect.scoped),
    )
  }
})
