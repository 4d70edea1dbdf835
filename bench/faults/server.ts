/*
 * How much time faults of model servers cost beyond the capacity that they take away. Usage:
 *   node bench/faults/server.ts [case ...]
 * Each case asks 1600 questions of servers with 16 slots and 50 ms an answer (48 slots in all where there are three).
 * `ideal` is what the slots that are left need: a fault that holds a slot is counted with the time that it holds it, a
 * time in which everything is refused in full. The goal is a ratio of at most 1.3 with every question answered and none
 * asked more often than its budget. All settings of the backend are its defaults but the time-out of an attempt, 2 s.
 */
import { Effect, Exit, Layer } from 'effect'
import {
  greedy,
  Ledger,
  layerOpenai,
  openAccount,
  openaiSettingsSchema,
  VisionLanguageModel,
} from '../../models/index.ts'
import { ask } from '../../tasks/index.ts'
import {
  type Asked,
  type Fault,
  type FaultServer,
  type FaultServerOptions,
  startFaultServer,
} from '../../test/support/fault-server.ts'
import { Videos } from '../../video/index.ts'

const questions = 1600
const slots = 16
const latency = 50
const timeout = 2000
const retries = 8

interface Case {
  readonly name: string
  readonly servers: ReadonlyArray<() => FaultServerOptions>
  /** Milliseconds that the slots left need for so many questions and faults. */
  readonly ideal: (faults: number) => number
  /** Runs beside the questions. */
  readonly meanwhile?: (servers: ReadonlyArray<FaultServer>) => Promise<void>
}

const whole = (questions * latency) / slots

let faults = 0
/** A script that does `fault` to one request in `every`. */
const oneIn =
  (every: number, fault: Fault) =>
  ({ number }: Asked): Fault => {
    if (number % every !== every - 1) return { kind: 'answer' }
    faults++
    return fault
  }
const single = (script: (asked: Asked) => Fault) => [() => ({ slots, latency, script })]

/** Refuses everything from 1 s to 3 s after its first request. */
const storm = (fault: () => Fault) => {
  let began = 0
  return () => {
    if (began === 0) began = performance.now()
    const age = performance.now() - began
    return age > 1000 && age < 3000 ? fault() : ({ kind: 'answer' } as const)
  }
}

/** Faults that hold a slot for so long each. */
const holding = (milliseconds: number) => (count: number) => whole + (count * milliseconds) / slots

const cases: ReadonlyArray<Case> = [
  { name: 'no fault', servers: single(() => ({ kind: 'answer' })), ideal: () => whole },
  {
    name: '429 beyond 16 at a time',
    servers: single(({ inFlight }) =>
      inFlight > slots ? { kind: 'status', status: 429 } : { kind: 'answer' },
    ),
    ideal: () => whole,
  },
  {
    name: '429 to all for 2 s',
    servers: [() => ({ slots, latency, script: storm(() => ({ kind: 'status', status: 429 })) })],
    ideal: () => whole + 2000,
  },
  {
    name: '429 to all for 2 s, Retry-After: 1',
    servers: [
      () => ({ slots, latency, script: storm(() => ({ kind: 'status', status: 429, retryAfter: '1' })) }),
    ],
    ideal: () => whole + 2000,
  },
  { name: '500, 1 in 10', servers: single(oneIn(10, { kind: 'status', status: 500 })), ideal: () => whole },
  { name: 'hangs, 1 in 50', servers: single(oneIn(50, { kind: 'hang' })), ideal: holding(timeout) },
  { name: 'half answers, 1 in 10', servers: single(oneIn(10, { kind: 'half' })), ideal: holding(latency) },
  {
    name: 'wrong JSON, 1 in 10',
    servers: single(oneIn(10, { kind: 'text', text: '{"choices": 3}' })),
    ideal: holding(latency),
  },
  {
    name: 'slow drip, 1 in 50',
    servers: single(oneIn(50, { kind: 'drip', every: 20 })),
    ideal: holding(timeout),
  },
  { name: 'resets, 1 in 10', servers: single(oneIn(10, { kind: 'reset' })), ideal: () => whole },
  {
    name: 'one of three dies after 0.5 s',
    servers: Array.from({ length: 3 }, () => () => ({ slots, latency })),
    ideal: () => 500 + (questions * latency - 3 * slots * 500) / (2 * slots),
    meanwhile: async ([dying]) => {
      await new Promise((resume) => setTimeout(resume, 500))
      await dying?.kill()
    },
  },
]

const grey = {
  width: 32,
  height: 32,
  times: Float64Array.of(0),
  fps: 1,
  rgb: new Uint8Array(32 * 32 * 3).fill(90),
}

/** Runs with the backend in front of servers. */
const withModel = <A, E>(
  urls: ReadonlyArray<string>,
  use: (model: VisionLanguageModel['Service']) => Effect.Effect<A, E>,
) =>
  Effect.flatMap(VisionLanguageModel, use).pipe(
    Effect.provide(
      layerOpenai(
        openaiSettingsSchema.parse({ baseUrl: [...urls], model: 'model', preset: 'vllm', timeout, retries }),
      ).pipe(Layer.provide(Videos.layer({ workers: 1 }))),
    ),
    Effect.runPromise,
  )

const say = (...cells: ReadonlyArray<string>) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(38) : cell.padStart(10))).join(''))

const runCase = async ({ name, servers: options, ideal, meanwhile }: Case) => {
  const servers = await Promise.all(options.map((make) => startFaultServer(make())))
  faults = 0
  const { answered, seconds } = await withModel(
    servers.map(({ url }) => url),
    (model) =>
      Effect.gen(function* () {
        const began = performance.now()
        void meanwhile?.(servers)
        const exits = yield* Effect.forEach(
          Array.from({ length: questions }, (_, i) => i),
          (i) =>
            Effect.exit(model.chat({ messages: ask(grey, `question ${i}`), sampling: greedy(16) })).pipe(
              Effect.provideService(Ledger, openAccount()),
            ),
          { concurrency: 256 },
        )
        return {
          answered: exits.filter(Exit.isSuccess).length,
          seconds: (performance.now() - began) / 1000,
        }
      }),
  )
  const asked = new Map<string, number>()
  for (const server of servers)
    for (const [text, times] of server.asked) asked.set(text, (asked.get(text) ?? 0) + times)
  const best = ideal(faults) / 1000
  say(
    name,
    `${answered}`,
    `${Math.max(...asked.values())}`,
    best.toFixed(2),
    seconds.toFixed(2),
    (seconds / best).toFixed(2),
  )
  await Promise.all(servers.map((server) => server.kill()))
}

/** A wrong key, met at the first completion. */
const wrongKey = async () => {
  const server = await startFaultServer({ script: () => ({ kind: 'status', status: 401 }) })
  const began = performance.now()
  const said = await withModel([server.url], (model) =>
    Effect.flip(model.chat({ messages: ask(grey, 'may I?'), sampling: greedy(16) })),
  )
  console.log(
    `401: ${server.requests()} request, ${((performance.now() - began) / 1000).toFixed(2)} s with the start, fatal ${said.fatal}: ${said.message}`,
  )
  await server.kill()
}

const wanted = process.argv.slice(2)
say('fault', 'answered', 'most asks', 'ideal s', 'seconds', 'ratio')
for (const one of cases)
  if (wanted.length === 0 || wanted.some((word) => one.name.includes(word))) await runCase(one)
if (wanted.length === 0 || wanted.includes('401')) await wrongKey()
