import { Effect } from 'effect'
import { describe, expect, test } from 'vitest'
import { textPositions } from '../../engine/architectures/index.ts'
import { type Checkpoint, readCheckpoint } from '../../engine/checkpoint/index.ts'
import { type ProcessedPrompt, processMessages } from '../../engine/processor/index.ts'
import { Session, type Tensors, tensor } from '../../engine/session.ts'
import {
  add,
  clip,
  exp,
  gather,
  gradients,
  logSoftmax,
  min,
  mul,
  neg,
  pick,
  reduceMean,
  sub,
} from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'
import {
  expectedTensors,
  folderOf,
  type GoldenName,
  golden,
  goldenNames,
  kept,
  messagesOf,
} from './goldens.ts'
import { type Forward, forward } from './whole-forward.ts'

const load = (name: GoldenName) => Effect.runPromise(readCheckpoint(folderOf(name)))

/** Runs `use` with a function that runs the graph; each model input that is not fed is an error. */
const withSession = <A>(
  { graph }: Forward,
  use: (run: (feeds: Tensors) => Promise<Tensors>) => Promise<A>,
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const session = yield* Session.make(emit(graph), { device: 'cpu', threads: 1 })
        return yield* Effect.promise(() =>
          use((feeds) => {
            const known = Object.fromEntries(
              Object.entries(feeds).filter(([name]) => session.inputs.includes(name)),
            )
            return Effect.runPromise(session.run(known))
          }),
        )
      }),
    ),
  )

/** Positions of a prompt and of `count` text tokens after it. */
const extended = (prompt: ProcessedPrompt, count: number): Int32Array => {
  const length = prompt.inputIds.length
  const after = textPositions(prompt.positions[length - 1]! + 1, count)
  const all = new Int32Array(3 * (length + count))
  for (let axis = 0; axis < 3; axis++) {
    all.set(prompt.positions.subarray(axis * length, (axis + 1) * length), axis * (length + count))
    all.set(after.subarray(axis * count, (axis + 1) * count), axis * (length + count) + length)
  }
  return all
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  let gap = 0
  for (let i = 0; i < a.length; i++) gap = Math.max(gap, Math.abs(a[i]! - b[i]!))
  return gap
}

const relativeGap = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let gap = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    gap += (a[i]! - b[i]!) ** 2
    norm += b[i]! ** 2
  }
  return Math.sqrt(gap / Math.max(norm, 1e-20))
}

const floats = (tensors: Tensors, name: string) => tensors[name]!.data as Float32Array

describe.each(goldenNames)('the checkpoint %s', (name) => {
  const expected = golden(name)
  const prompts = (checkpoint: Checkpoint) =>
    expected.cases.map((one, number) =>
      processMessages(checkpoint, messagesOf(expected, number), { addGenerationPrompt: one.generate }),
    )

  test('gives the logits of transformers within 1e-4', async () => {
    const checkpoint = await load(name)
    const wanted = await expectedTensors(name, 'expected')
    for (const [number, prompt] of prompts(checkpoint).entries()) {
      const model = forward(checkpoint, prompt)
      model.graph.output('scores', model.scores)
      const gap = await withSession(model, async (run) =>
        largestGap(
          kept(
            floats(await run(model.feeds(prompt.inputIds, prompt.positions)), 'scores'),
            expected.strides.logits,
          ),
          wanted.get(`${number}.logits`)!.data,
        ),
      )
      expect(gap).toBeLessThan(1e-4)
    }
  })

  test('continues greedily with the same tokens', async () => {
    const checkpoint = await load(name)
    for (const [number, prompt] of prompts(checkpoint).entries()) {
      const greedy = expected.cases[number]!.greedy
      if (greedy === undefined) continue
      const model = forward(checkpoint, prompt)
      model.graph.output('scores', model.scores)
      const taken = await withSession(model, async (run) => {
        const tokens: Array<number> = []
        while (tokens.length < greedy.length) {
          const feeds = model.feeds([...prompt.inputIds, ...tokens], extended(prompt, tokens.length))
          const last = floats(await run(feeds), 'scores').slice(-checkpoint.model.text.vocabSize)
          // The golden run was not allowed to end, nor to give tokens that stand for pixels.
          const unwanted = [...checkpoint.generation.eosTokenIds, ...Object.values(checkpoint.model.tokens)]
          for (const id of unwanted) last[id] = Number.NEGATIVE_INFINITY
          tokens.push(last.indexOf(Math.max(...last)))
        }
        return tokens
      })
      expect(taken).toEqual(greedy)
    }
  })

  test('gives the loss and the gradients of GRPO within 1e-3 of each tensor', async () => {
    const checkpoint = await load(name)
    const wanted = await expectedTensors(name, 'gradients')
    const { grpo } = expected
    const prompt = prompts(checkpoint)[0]!
    const model = forward(checkpoint, prompt)
    const { graph } = model
    const length = prompt.inputIds.length
    const tokens = graph.input('tokens', 'int64', [1, 'K'])
    const rows = graph.input('rows', 'int64', ['K'])
    const old = graph.input('old', 'float32', [1, 'K'])
    const reference = graph.input('reference', 'float32', [1, 'K'])
    const advantage = graph.input('advantage', 'float32', [])
    const logProbs = pick(logSoftmax(gather(model.scores, rows, 1)), tokens)
    const ratio = exp(sub(logProbs, old))
    const bounded = clip(ratio, 1 - grpo.clipLow, 1 + grpo.clipHigh)
    const gain = min(mul(ratio, advantage), mul(bounded, advantage))
    const gap = sub(reference, logProbs)
    const kl = sub(sub(exp(gap), gap), 1)
    const loss = mul(reduceMean(add(neg(gain), mul(kl, grpo.beta))), 1 / grpo.completions.length)
    graph.output('loss', loss)
    graph.output('logProbs', logProbs)
    gradients(loss, graph.parameters).forEach((gradient, index) => {
      graph.output(`gradient of ${graph.parameters[index]!.name}`, gradient)
    })
    const sums = new Map<string, Float32Array>()
    let total = 0
    await withSession(model, async (run) => {
      for (const one of grpo.completions) {
        const count = one.tokens.length
        const results = await run({
          ...model.feeds([...prompt.inputIds, ...one.tokens], extended(prompt, count)),
          rows: tensor(
            'int64',
            BigInt64Array.from(one.tokens, (_, index) => BigInt(length - 1 + index)),
          ),
          tokens: tensor('int64', BigInt64Array.from(one.tokens, BigInt), [1, count]),
          old: tensor('float32', Float32Array.from(one.oldLogProbs), [1, count]),
          reference: tensor('float32', Float32Array.from(one.refLogProbs), [1, count]),
          advantage: tensor('float32', Float32Array.of(one.advantage), []),
        })
        expect(largestGap(floats(results, 'logProbs'), one.logProbs)).toBeLessThan(1e-4)
        total += floats(results, 'loss')[0]!
        for (const { name: weight } of graph.parameters) {
          const part = floats(results, `gradient of ${weight}`)
          const before = sums.get(weight)
          sums.set(weight, before === undefined ? part : before.map((value, index) => value + part[index]!))
        }
      }
    })
    expect(total).toBeCloseTo(grpo.loss, 5)
    expect([...sums.keys()].sort()).toEqual([...wanted.keys()].sort())
    for (const [weight, { data }] of wanted) {
      expect(relativeGap(kept(sums.get(weight)!, expected.strides.gradients), data), weight).toBeLessThan(
        1e-3,
      )
    }
  })
})
