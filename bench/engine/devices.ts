/**
 * What a device computes beside the CPU: every operation and its gradients, then a whole training step and greedy
 * generation. Prints what differs and exits with 1 where something does.
 *
 *   node bench/engine/devices.ts [--device webgpu] [--threads 2] [--tolerance 1e-3]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { random } from '../../core/index.ts'
import { writeCheckpoint } from '../../engine/checkpoint/index.ts'
import { localEngine } from '../../engine/index.ts'
import { Session, tensor } from '../../engine/session.ts'
import { readState } from '../../engine/training/state.ts'
import { Graph, gradients, mul, reduceSum } from '../../graph/index.ts'
import type { Device } from '../../graph/onnx/index.ts'
import { emit } from '../../graph/onnx/index.ts'
import { type DeviceCase, deviceCases } from './device-cases.ts'
import { checkpoint, completion, prompt } from './model.ts'

const { values: flags } = parseArgs({
  options: {
    device: { type: 'string', default: 'webgpu' },
    threads: { type: 'string', default: '2' },
    tolerance: { type: 'string', default: '1e-3' },
  },
})
const other = flags.device as Device
const threads = Number(flags.threads)
const tolerance = Number(flags.tolerance)

type Numbers = Readonly<Record<string, ArrayLike<number>>>

/** The case's result and its gradients on a device. */
const compute = (one: DeviceCase, device: Device): Promise<Numbers> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const graph = new Graph(one.name)
        const inputs = one.shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape))
        const y = one.build(inputs, graph)
        graph.output('result', y)
        const length = y.shape.reduce<number>((product, dim) => product * Number(dim), 1)
        const pull = Float32Array.from({ length }, (_, i) => Math.cos(1.7 * i))
        const loss = reduceSum(mul(y, graph.constant(pull, y.shape as ReadonlyArray<number>)))
        gradients(loss, inputs).forEach((gradient, i) => {
          graph.output(`gradient ${i}`, gradient)
        })
        const session = yield* Session.make(emit(graph, { device }), { device, threads })
        const source = random('devices', one.name)
        const [low, high] = one.range ?? [-1, 1]
        const feeds = one.shapes.map((shape, i) => {
          const size = shape.reduce((a, b) => a * b, 1)
          const data = Float32Array.from({ length: size }, () => source.uniform(low, high))
          return [`x${i}`, tensor('float32', data, shape)] as const
        })
        const results = yield* session.run(Object.fromEntries(feeds))
        return Object.fromEntries(
          Object.entries(results).map(([name, value]) => [name, value.data as Float32Array]),
        )
      }),
    ),
  )

/** Largest difference over the largest expected number. */
const difference = (expected: ArrayLike<number>, found: ArrayLike<number>): number => {
  if (expected.length !== found.length) return Number.POSITIVE_INFINITY
  let [worst, largest] = [0, 1e-6]
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(expected[i]! - found[i]!)
    worst = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(worst, gap)
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return worst / largest
}

let offenders = 0
const report = (subject: string, expected: Numbers, found: Numbers): void => {
  let shown = 0
  for (const [name, values] of Object.entries(expected)) {
    const gap = difference(values, found[name] ?? [])
    if (gap <= tolerance) continue
    offenders++
    if (shown++ === 8) console.log(`${subject}: and more`)
    if (shown > 8) continue
    const some = (list: ArrayLike<number> = []) =>
      Array.from(list)
        .slice(0, 3)
        .map((value) => value.toPrecision(4))
        .join(', ')
    console.log(`${subject}: ${name} off by ${gap.toPrecision(2)} (${some(values)} is ${some(found[name])})`)
  }
}

for (const one of deviceCases) {
  const expected = await compute(one, 'cpu')
  await compute(one, other).then(
    (found) => report(one.name, expected, found),
    (error) => {
      offenders++
      console.log(`${one.name}: ${String(error).split('\n')[0]}`)
    },
  )
}
console.log(`${deviceCases.length} operations compared`)

const folder = mkdtempSync(path.join(tmpdir(), 'spanwise-devices-'))
const model = checkpoint(folder)

/** A training step (its gradients read from the first moments) and greedy completions before it. */
const learn = (device: Device) =>
  Effect.gen(function* () {
    const engine = yield* localEngine({ checkpoint: folder, device, threads })
    const prompts = [0, 1].map((i) => prompt(model.model, i, 16))
    const sampling = {
      temperature: 1,
      topP: 1,
      topK: 0,
      stop: [],
      seed: 0,
      n: 1,
      greedy: true,
      maxTokens: 12,
    }
    const [first] = (yield* engine.generate(prompts, sampling))[0]!
    const groups = prompts.map((one, p) => ({
      prompt: one,
      completions: [0, 1].map((c) => ({ tokens: completion(2 * p + c, 10) })),
    }))
    const { loss, gradNorm } = yield* engine.update({ groups, loss: { kind: 'sft' }, learningRate: 1e-4 })
    const state = path.join(folder, `${device}.state`)
    yield* engine.snapshot(state)
    const { arrays } = yield* readState(state)
    const started = performance.now()
    yield* engine.update({ groups, loss: { kind: 'sft' }, learningRate: 1e-4 })
    console.log(
      `${device}: loss ${loss.toFixed(5)}, gradient norm ${gradNorm.toFixed(4)}, ${((performance.now() - started) / 1000).toFixed(2)} s a step, greedy ${first!.tokens.join(' ')}`,
    )
    const moments = [...arrays].filter(([name]) => name.startsWith('first:'))
    return {
      step: { loss: [loss], 'gradient norm': [gradNorm], ...Object.fromEntries(moments) },
      generation: { tokens: first!.tokens, 'log-probabilities': first!.logProbs },
    }
  }).pipe(Effect.scoped)

const program = Effect.gen(function* () {
  yield* writeCheckpoint(folder, model)
  const expected = yield* learn('cpu')
  const found = yield* learn(other)
  report('training step', expected.step, found.step)
  report('generation', expected.generation, found.generation)
})
await Effect.runPromise(program).finally(() => rmSync(folder, { recursive: true, force: true }))
console.log(offenders === 0 ? `${other} agrees with the CPU` : `${offenders} differences`)
process.exitCode = offenders === 0 ? 0 : 1
