import { Effect, type Scope } from 'effect'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { EngineError } from '../core/index.ts'
import type { Device } from '../graph/onnx/index.ts'

/** Element types and the arrays that hold them; bool is one byte an element. */
export interface TensorData {
  readonly float32: Float32Array
  readonly int64: BigInt64Array
  readonly int32: Int32Array
  readonly bool: Uint8Array
}

export type Tensors = Readonly<Record<string, Tensor>>

export interface SessionOptions {
  readonly device: Device
  /** Threads the kernels may use. */
  readonly threads: number
  /** Lengths of symbols that are the same in every run; the session plans for them. */
  readonly dims?: Readonly<Record<string, number>>
  /** Prefix of a file that receives a profile of every run, for benches. */
  readonly profile?: string
}

/** A tensor over an array, without copying it. */
export const tensor = <D extends keyof TensorData>(
  dtype: D,
  data: TensorData[D],
  dims: readonly number[] = [data.length],
): Tensor => new Tensor(dtype, data as Float32Array, dims)

/** A float32 tensor of one number, of shape []. */
export const scalar = (value: number): Tensor => new Tensor('float32', Float32Array.of(value), [])

/** An ONNX graph loaded for running. */
export interface Session {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /**
   * Runs the graph. `into` holds tensors whose memory receives the outputs of those names; the other outputs
   * named in `only` (all, by default) get memory of their own. Blocks this thread while it computes.
   */
  readonly run: (
    feeds: Tensors,
    into?: Tensors,
    only?: readonly string[],
  ) => Effect.Effect<Tensors, EngineError>
  /** Ends profiling, where a profile was asked for. */
  readonly endProfile: () => void
}

/** The runtime puts the place in its own source before the problem. */
const problemOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(
    /^\/onnxruntime_src\S* .* was false\. /s,
    '',
  )

const failure = (operation: string) => (cause: unknown) =>
  new EngineError({ operation, problem: problemOf(cause) })

/** Loads an ONNX model; the session is released when the scope closes. */
const make = (bytes: Uint8Array, options: SessionOptions): Effect.Effect<Session, EngineError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () =>
        InferenceSession.create(bytes, {
          executionProviders: options.device === 'cpu' ? ['cpu'] : [options.device, 'cpu'],
          intraOpNumThreads: options.threads,
          interOpNumThreads: 1,
          executionMode: 'sequential',
          graphOptimizationLevel: 'all',
          logSeverityLevel: 3,
          ...(options.dims && { freeDimensionOverrides: options.dims }),
          ...(options.profile && { enableProfiling: true, profileFilePrefix: options.profile }),
        }),
      catch: (cause) => {
        const problem = problemOf(cause)
        return new EngineError({
          operation: `loading a graph on ${options.device}`,
          problem: problem.includes('WebGPU adapter')
            ? `${problem.trim()}; use the device cpu, or install a Vulkan driver`
            : problem,
        })
      },
    }),
    (session) => Effect.promise(() => session.release()),
  ).pipe(Effect.map(wrap))

const wrap = (session: InferenceSession): Session => ({
  inputs: session.inputNames,
  outputs: session.outputNames,
  run: (feeds, into = {}, only = session.outputNames) =>
    Effect.tryPromise({
      try: async () => {
        const fetches: Record<string, Tensor | null> = {}
        for (const name of only) fetches[name] = into[name] ?? null
        const results = await session.run(feeds, fetches)
        // The runtime fills the given memory but wraps it anew; hand back the caller's own tensors.
        return { ...(results as Record<string, Tensor>), ...pickNames(into, only) }
      },
      catch: failure('running a graph'),
    }),
  endProfile: () => session.endProfiling(),
})

const pickNames = (tensors: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => names.includes(name)))

export const Session = { make }
