/**
 * The engine beside torch and transformers: the same model, weights, batches and threads on the same machine, in
 * interleaved pairs, so that what else the machine does hits both.
 *
 *   node bench/engine/run.ts [--threads 2] [--pairs 3] [--python .venv/bin/python] [--attention sdpa|eager] [--json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { writeCheckpoint } from '../../engine/checkpoint/index.ts'
import { type EngineService, localEngine, type UpdateBatch } from '../../engine/index.ts'
import { checkpoint, completion, prompt } from './model.ts'
import { type Peer, startPeer } from './peer.ts'

const { values: flags } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '3' },
    python: { type: 'string', default: '.venv/bin/python' },
    attention: { type: 'string', default: 'sdpa' },
    json: { type: 'boolean', default: false },
  },
})
const threads = Number(flags.threads)
const pairs = Number(flags.pairs)

/** 8 clips of 32 frames; 8 completions each of 32 tokens. */
const size = { prompts: 8, frames: 32, group: 8, tokens: 32 }
const folder = mkdtempSync(path.join(tmpdir(), 'spanwise-bench-'))
const model = checkpoint(path.join(folder, 'model'))
const prompts = Array.from({ length: size.prompts }, (_, i) => prompt(model.model, i, size.frames))
const completions = prompts.map((_, p) =>
  Array.from({ length: size.group }, (_, c) => completion(100 * p + c, size.tokens)),
)
const advantages = completions.map((group) => group.map((_, c) => (c % 2 === 0 ? 1 : -1)))

const sft: UpdateBatch = {
  groups: prompts.map((one, p) => ({ prompt: one, completions: [{ tokens: completions[p]![0]! }] })),
  loss: { kind: 'sft' },
  learningRate: 1e-5,
}
const loss = { kind: 'grpo', clipLow: 0.2, clipHigh: 0.28, beta: 0, maxTokens: size.tokens } as const
const answered = prompts.map((one, p) => ({
  prompt: one,
  completions: completions[p]!.map((tokens, c) => ({ tokens, advantage: advantages[p]![c]! })),
}))
const grpo: UpdateBatch = { groups: answered, loss, learningRate: 1e-5 }
const unpacked: UpdateBatch = {
  ...grpo,
  groups: answered.flatMap((group) =>
    group.completions.map((one) => ({ prompt: group.prompt, completions: [one] })),
  ),
}

type Side = () => Promise<number>

const turn = async (side: Side): Promise<number> => ((await side()) + (await side()) + (await side())) / 3
interface Row {
  readonly name: string
  readonly ours: ReadonlyArray<number>
  readonly other: ReadonlyArray<number>
  readonly otherName: string
}

const median = (list: ReadonlyArray<number>): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]!

/**
 * Seconds of both sides, in turn, after two rounds that do not count. Each turn is the mean of three runs: the first one
 * after the other side's finds its caches cold.
 */
const compare = async (name: string, ours: Side, otherName: string, other: Side): Promise<Row> => {
  const row = { name, ours: [] as Array<number>, other: [] as Array<number>, otherName }
  for (let i = -2; i < pairs; i++) {
    const [a, b] = [await turn(ours), await turn(other)]
    if (i < 0) continue
    row.ours.push(a)
    row.other.push(b)
  }
  return row
}

const timed =
  (run: () => Promise<unknown>): Side =>
  async () => {
    const start = performance.now()
    await run()
    return (performance.now() - start) / 1000
  }

const measure = async (engine: EngineService, peer: Peer): Promise<ReadonlyArray<Row>> => {
  const update = (batch: UpdateBatch) => timed(() => Effect.runPromise(engine.update(batch)))
  const asked = (order: Readonly<Record<string, string | number>>) => async () =>
    (await peer.run(order)).seconds!
  const generate = (n: number) =>
    timed(() =>
      Effect.runPromise(
        engine.generate(prompts, {
          temperature: 1,
          topP: 1,
          topK: 0,
          maxTokens: size.tokens,
          stop: [],
          seed: 1,
          n,
        }),
      ),
    )
  const torch = 'torch eager'
  return [
    await compare('SFT step, 8 clips', update(sft), torch, asked({ run: 'sft' })),
    await compare('GRPO update, 8 clips x 8', update(grpo), torch, asked({ run: 'grpo', chunk: 16 })),
    await compare(
      'generation, 8 clips x 8',
      generate(size.group),
      'transformers generate',
      asked({ run: 'generate', samples: size.group, tokens: size.tokens }),
    ),
    await compare(
      'generation, 8 clips x 1',
      generate(1),
      'transformers generate',
      asked({ run: 'generate', samples: 1, tokens: size.tokens }),
    ),
    await compare('GRPO update, packed', update(grpo), 'ours, unpacked', update(unpacked)),
  ]
}

const program = Effect.gen(function* () {
  // The only end token is one that is never drawn, so that both sides draw the same number of tokens.
  const ends = JSON.stringify({ eos_token_id: model.model.tokens.video })
  const files = new Map(model.files).set('generation_config.json', ends)
  yield* writeCheckpoint(path.join(folder, 'model'), { ...model, files })
  const home = path.join(folder, 'model')
  writeFileSync(
    path.join(home, 'workload.json'),
    JSON.stringify({
      prompts: prompts.map(({ inputIds }) => Array.from(inputIds)),
      grids: prompts.map(({ grids }) => grids[0]),
      completions,
      advantages,
    }),
  )
  writeFileSync(
    path.join(home, 'pixels.bin'),
    Buffer.concat(prompts.map(({ pixels }) => Buffer.from(pixels.buffer))),
  )
  const engine = yield* localEngine({ checkpoint: home, device: 'cpu', threads })
  const peer = yield* Effect.acquireRelease(
    Effect.promise(() => startPeer(flags.python, home, threads, flags.attention)),
    (one) => Effect.sync(one.close),
  )
  const rows = yield* Effect.promise(() => measure(engine, peer))
  return { rows, versions: peer.versions }
}).pipe(Effect.scoped)

const { rows, versions } = await Effect.runPromise(program).finally(() =>
  rmSync(folder, { recursive: true, force: true }),
)
const parameters = [...model.tensors.values()].reduce((sum, { data }) => sum + data.length, 0)
if (flags.json) console.log(JSON.stringify({ parameters, threads, size, versions, rows }))
else {
  console.log(
    `${(parameters / 1e6).toFixed(1)} M parameters, ${prompts[0]!.inputIds.length} prompt tokens, ${threads} threads, ` +
      `${cpus()[0]?.model ?? 'unknown CPU'}, torch ${versions.torch}, transformers ${versions.transformers}; medians of ${pairs} pairs`,
  )
  for (const { name, ours, other, otherName } of rows) {
    const ratios = ours.map((seconds, i) => other[i]! / seconds)
    const ms = (list: ReadonlyArray<number>) => `${(1000 * median(list)).toFixed(0)} ms`.padStart(9)
    console.log(
      `${name.padEnd(26)} ours ${ms(ours)}   ${otherName.padEnd(22)}${ms(other)}   ratio ${median(ratios).toFixed(2)}`,
    )
  }
}
