import { Effect, Exit, Scope } from 'effect'
import { describe, expect, it } from 'vitest'
import { Session, tensor } from '../../engine/session.ts'
import * as G from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'

const options = { device: 'cpu', threads: 1 } as const

const linear = () => {
  const graph = new G.Graph('linear')
  const x = graph.input('x', 'float32', ['rows', 2])
  graph.output('y', G.linear(x, graph.parameter('model.layers.0.weight', [3, 2])))
  return graph
}

const x = tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2])
const weight = Float32Array.of(1, 0, 0, 1, 1, 1)
const product = Float32Array.of(1, 2, 3, 3, 4, 7)

const scoped = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

describe('sessions', () => {
  it('take parameters by their checkpoint names and write into given memory', () =>
    scoped(
      Effect.gen(function* () {
        const session = yield* Session.make(emit(linear()), options)
        expect(session.inputs).toEqual(['x', 'model.layers.0.weight'])
        const y = tensor('float32', new Float32Array(6), [2, 3])
        const feeds = { x, 'model.layers.0.weight': tensor('float32', weight, [3, 2]) }
        const result = yield* session.run(feeds, { y })
        expect(result.y).toBe(y)
        expect(y.data).toEqual(product)
      }),
    ))

  it('hold parameters given as initialisers', () =>
    scoped(
      Effect.gen(function* () {
        const bytes = emit(linear(), { initialisers: new Map([['model.layers.0.weight', weight]]) })
        const session = yield* Session.make(bytes, options)
        expect(session.inputs).toEqual(['x'])
        expect((yield* session.run({ x })).y!.data).toEqual(product)
      }),
    ))

  it('plan for lengths that are fixed', () =>
    scoped(
      Effect.gen(function* () {
        const bytes = emit(linear(), { initialisers: new Map([['model.layers.0.weight', weight]]) })
        const session = yield* Session.make(bytes, { ...options, dims: { rows: 2 } })
        expect((yield* session.run({ x })).y!.data).toEqual(product)
      }),
    ))

  it('refuse an initialiser of the wrong size', () => {
    const initialisers = new Map([['model.layers.0.weight', new Float32Array(5)]])
    expect(() => emit(linear(), { initialisers })).toThrow('weight model.layers.0.weight: sizes differ')
  })

  it('fail as EngineError on bytes that are no graph and on feeds that do not fit', () =>
    scoped(
      Effect.gen(function* () {
        const broken = yield* Effect.flip(Session.make(Uint8Array.of(1, 2, 3), options))
        expect(broken).toMatchObject({ _tag: 'EngineError', operation: 'loading a graph on cpu' })
        const session = yield* Session.make(emit(linear()), options)
        const missing = yield* Effect.flip(session.run({ x }))
        expect(missing).toMatchObject({ _tag: 'EngineError', operation: 'running a graph' })
      }),
    ))

  it('are released with their scope', () =>
    Effect.runPromise(
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const session = yield* Session.make(emit(linear()), options).pipe(Scope.provide(scope))
        yield* Scope.close(scope, Exit.void)
        const after = yield* Effect.flip(session.run({ x }))
        expect(after._tag).toBe('EngineError')
      }),
    ))
})
