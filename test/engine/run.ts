import { Effect } from 'effect'
import type { Tensor } from 'onnxruntime-node'
import { Session } from '../../engine/session.ts'
import type { Graph } from '../../graph/index.ts'
import { emit } from '../../graph/onnx/emit.ts'

/** Builds a session from a graph and calls back with a function that runs it. */
export const withSession = <A>(
  graph: Graph,
  use: (run: (feeds: Record<string, Tensor>) => Promise<Record<string, Tensor>>) => Promise<A>,
  threads = 1,
): Promise<A> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const session = yield* Session.make(emit(graph), { device: 'cpu', threads })
        return yield* Effect.promise(() => use((feeds) => Effect.runPromise(session.run(feeds))))
      }),
    ),
  )

/** The numbers of a tensor. */
export const numbers = (tensor: Tensor): number[] => Array.from(tensor.data as Float32Array, Number)
