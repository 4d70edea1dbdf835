import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import { defaultWorldSettings, writeWorld } from '../datasets/shapes/index.ts'
import { readRows } from '../files/index.ts'
import type { ProfileOverrides } from '../models/index.ts'
import { servedFile } from '../trainer/service/index.ts'
import { loadSource } from './source.ts'
import { runTrl } from './train-trl.ts'
import type { TrlOptions } from './trl/options.ts'
import { requirePython } from './trl/python.ts'

/** Clips of the check, and completions of each. */
const clips = 2
const group = 4

const guard = z.object({
  kind: z.literal('engine'),
  event: z.object({ kind: z.literal('guard'), figures: z.record(z.string(), z.number().nullable()) }),
})

type Figures = Readonly<Record<string, number | null>>

/** What the guards of a run have reported. */
const figuresIn = (run: string): Effect.Effect<Figures, InputError> =>
  readRows(join(run, servedFile), z.unknown()).pipe(
    Effect.map((rows) =>
      Object.assign({}, ...rows.map((row) => guard.safeParse(row).data?.event.figures ?? {})),
    ),
  )

/** Two clips of the shapes world as training data. */
const smallWorld = Effect.fnUntraced(function* (root: string) {
  const world = join(root, 'world')
  const splits = [{ split: 'train', videos: clips }]
  yield* writeWorld(world, { ...defaultWorldSettings, seed: 1, splits })
  const { samples } = yield* loadSource({
    dataset: 'shapes',
    split: 'train',
    annotations: world,
    policy: 'keep',
  })
  const chosen = samples
    .filter(({ task, windows }) => task === 'grounding' && windows !== null)
    .slice(0, clips)
  const data = join(root, 'train.jsonl')
  yield* Effect.sync(() => writeFileSync(data, chosen.map((sample) => JSON.stringify(sample)).join('\n')))
  return { data, videos: join(world, 'videos') }
})

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), 'spanwise-doctor-'))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/**
 * `spanwise doctor train`: one GRPO step and one supervised step through TRL on two clips, with what each guard
 * measured. A guard that fires ends it as it ends a training.
 */
export const runDoctorTrain = Effect.fn('Pipelines.doctorTrain')(function* (
  model: string,
  profile: ProfileOverrides,
  trl: TrlOptions,
) {
  yield* requirePython(trl.python)
  const root = yield* temporary
  const world = yield* smallWorld(root)
  const size = clips * Math.max(1, Math.ceil(trl.gpus / clips))
  const check = Effect.fnUntraced(function* (kind: 'curriculum' | 'sft', settings: object) {
    const run = join(root, kind)
    const { seconds } = yield* runTrl(
      kind,
      { model, ...world, run, profile, settings: { seed: 0, steps: 1, ...settings } },
      trl,
    )
    const figures: Figures = yield* figuresIn(run)
    return { seconds, figures }
  })
  const grpo = yield* check('curriculum', { prompts: size, group, mask: { kind: 'linear', margin: 0 } })
  const sft = yield* check('sft', { batch: size })
  return { model, grpo, sft }
}, Effect.scoped)

/** The figures for people to read. */
export const doctorTrainLines = ({
  model,
  grpo,
  sft,
}: Effect.Success<ReturnType<typeof runDoctorTrain>>): ReadonlyArray<string> => {
  const lines = (name: string, { seconds, figures }: typeof grpo) => [
    `${name}: one step in ${seconds.toFixed(1)} s`,
    ...Object.entries(figures).map(
      ([figure, value]) =>
        `  ${figure.replaceAll('_', ' ')}: ${value === null ? 'not measured' : value.toPrecision(3)}`,
    ),
  ]
  return [`${model}: every guard passes`, ...lines('GRPO', grpo), ...lines('SFT', sft)]
}
