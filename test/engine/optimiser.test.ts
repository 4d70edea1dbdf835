import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../core/index.ts'
import { defaultAdamW, fillArena, learningRateAt, makeOptimiser } from '../../engine/optimiser/index.ts'

const parameters = [
  { name: 'norm', shape: [5] },
  { name: 'weight', shape: [3, 7] },
  { name: 'table', shape: [40, 9] },
]
const settings = { ...defaultAdamW, weightDecay: 0.1 }
const device = { device: 'cpu', threads: 1 } as const

const draws = (seed: number, scale: number) => {
  const source = random('optimiser', seed)
  return new Map(
    parameters.map(({ name, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1)
      return [name, Float32Array.from({ length }, () => source.normal(0, scale))]
    }),
  )
}

/** AdamW as the paper writes it, one number at a time in double precision. */
const reference = (
  start: Map<string, Float32Array>,
  batches: Map<string, Float32Array>[][],
  rate: number,
) => {
  const { beta1, beta2, epsilon, weightDecay } = settings
  const state = new Map(
    [...start].map(([name, data]) => [name, Array.from(data, (w) => ({ w, m: 0, v: 0 }))]),
  )
  batches.forEach((parts, index) => {
    const mean = (name: string, i: number) =>
      parts.reduce((sum, part) => sum + part.get(name)![i]!, 0) / parts.length
    let squares = 0
    for (const [name, elements] of state) for (const i of elements.keys()) squares += mean(name, i) ** 2
    const factor = Math.min(1, 1 / (Math.sqrt(squares) + 1e-6))
    for (const [name, elements] of state) {
      elements.forEach((each, i) => {
        const g = factor * mean(name, i)
        each.m = beta1 * each.m + (1 - beta1) * g
        each.v = beta2 * each.v + (1 - beta2) * g * g
        const first = each.m / (1 - beta1 ** (index + 1))
        const second = each.v / (1 - beta2 ** (index + 1))
        const decay = name === 'norm' ? 0 : weightDecay
        each.w -= rate * (first / (Math.sqrt(second) + epsilon) + decay * each.w)
      })
    }
  })
  return new Map([...state].map(([name, elements]) => [name, elements.map(({ w }) => w)]))
}

describe('AdamW', () => {
  it('takes the steps the paper writes, with clipping and accumulation', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
        (seed, micro) => {
          const start = draws(seed, 1)
          const batches = micro.map((count, step) =>
            Array.from({ length: count }, (_, part) =>
              draws(seed + 100 * step + part + 1, step % 2 === 0 ? 1 : 0.01),
            ),
          )
          const expected = reference(start, batches, 0.01)
          return Effect.runPromise(
            Effect.scoped(
              Effect.gen(function* () {
                const optimiser = yield* makeOptimiser(parameters, settings, device)
                fillArena(optimiser.weights, start)
                for (const parts of batches) {
                  for (const part of parts) {
                    yield* optimiser.accumulate((into) =>
                      Effect.sync(() => {
                        for (const [name, data] of part) (into[name]!.data as Float32Array).set(data)
                      }),
                    )
                  }
                  yield* optimiser.step({
                    learningRate: 0.01,
                    maxGradNorm: 1,
                    gradientScale: 1 / parts.length,
                  })
                }
                for (const [name, numbers] of expected) {
                  optimiser.weights.views.get(name)!.forEach((weight, i) => {
                    expect(weight).toBeCloseTo(numbers[i]!, 5)
                  })
                }
              }),
            ),
          )
        },
      ),
      { numRuns: 8 },
    ))

  it('continues from a copied state exactly', () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const [one, two] = [
            yield* makeOptimiser(parameters, settings, device),
            yield* makeOptimiser(parameters, settings, device),
          ]
          fillArena(one.weights, draws(1, 1))
          const advance = Effect.fnUntraced(function* (optimiser: typeof one, seed: number) {
            fillArena(optimiser.gradients, draws(seed, 1))
            yield* optimiser.step({ learningRate: 0.01 })
          })
          yield* advance(one, 2)
          fillArena(two.weights, one.weights.views)
          two.restore(one.state())
          yield* advance(one, 3)
          yield* advance(two, 3)
          expect(two.weights.flat).toEqual(one.weights.flat)
        }),
      ),
    ))

  it('leaves the weights as they are when the gradient is not finite', () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const optimiser = yield* makeOptimiser(parameters, settings, device)
          const start = draws(1, 1)
          fillArena(optimiser.weights, start)
          optimiser.gradients.flat[3] = Number.NaN
          const error = yield* Effect.flip(optimiser.step({ learningRate: 0.01 }))
          expect(error.message).toContain('the weights are unchanged')
          expect(optimiser.state().step).toBe(0)
          for (const [name, view] of optimiser.weights.views) expect(view).toEqual(start.get(name))
        }),
      ),
    ))

  it('refuses weights of another size, by name', () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const optimiser = yield* makeOptimiser(parameters, settings, device)
          const wrong = draws(1, 1).set('table', new Float32Array(3))
          expect(() => fillArena(optimiser.weights, wrong)).toThrow('table: expected 360 elements, not 3')
        }),
      ),
    ))
})

describe('learning-rate schedules', () => {
  const base = { peak: 2, warmupSteps: 4, totalSteps: 12 }

  it('rise through the warm-up to the peak', () => {
    expect([0, 1, 2, 3, 4].map((step) => learningRateAt({ kind: 'constant', ...base }, step))).toEqual([
      0.5, 1, 1.5, 2, 2,
    ])
  })

  it('fall linearly or along a cosine to the floor', () => {
    expect(learningRateAt({ kind: 'linear', ...base }, 8)).toBe(1)
    expect(learningRateAt({ kind: 'cosine', ...base }, 8)).toBeCloseTo(1, 12)
    expect(learningRateAt({ kind: 'cosine', ...base, floor: 0.1 }, 12)).toBeCloseTo(0.2, 12)
    expect(learningRateAt({ kind: 'linear', ...base }, 100)).toBe(0)
  })

  it('never leave [0, peak] and never rise after the warm-up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('constant', 'linear', 'cosine'),
        fc.nat(20),
        fc.integer({ min: 1, max: 50 }),
        (kind, warmupSteps, totalSteps) => {
          const rates = Array.from({ length: 70 }, (_, step) =>
            learningRateAt({ kind, peak: 1, warmupSteps, totalSteps }, step),
          )
          rates.forEach((rate, step) => {
            expect(rate).toBeGreaterThanOrEqual(0)
            expect(rate).toBeLessThanOrEqual(1)
            if (step > warmupSteps) expect(rate).toBeLessThanOrEqual(rates[step - 1]! + 1e-12)
          })
        },
      ),
    )
  })
})
