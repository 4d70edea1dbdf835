import { join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { spanwiseCommand } from '../core/index.ts'
import { demos } from '../lab/demo/catalogue.ts'
import type { DemoSizes } from '../lab/demo/task-demo.ts'
import { loadConfig } from '../pipelines/config.ts'
import { Videos } from '../video/index.ts'
import {
  engineOf,
  given,
  json,
  model,
  positive,
  shippedJudge,
  shippedModel,
  text,
  whole,
  wholeOr,
} from './flags.ts'

/** A table in columns, the first to the left and the others to the right. */
const columns = ({
  head,
  rows,
}: {
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}) => {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)))
  return [head, ...rows].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
}

const tasks = Object.keys(demos) as ReadonlyArray<keyof typeof demos>

/** The defaults of a size in words: `120`, or `120 (counting: 200)` where tasks differ. */
const defaultsOf = (size: keyof DemoSizes): string => {
  const usual = demos.grounding.defaults[size]
  const others = tasks.filter((task) => demos[task].defaults[size] !== usual)
  const named = others.map((task) => `${task}: ${demos[task].defaults[size]}`).join(', ')
  return others.length === 0 ? String(usual) : `${usual} (${named})`
}

export const demo = Command.make(
  'demo',
  {
    ...model,
    run: text(
      'run',
      'folder of the demo, default runs/demo, or runs/demo-TASK; that of an earlier demo is made anew',
    ),
    json,
    task: Flag.Literals('task', tasks).pipe(
      Flag.withDescription(
        `what to show, default grounding: ${tasks.map((task) => `${task} (${demos[task].about})`).join('; ')}`,
      ),
      Flag.withDefault('grounding' as const),
    ),
    seed: wholeOr('seed', 'seed of every random draw', 1, 0),
    videos: whole('videos', `training videos to render, default ${defaultsOf('videos')}`, 1),
    validationVideos: whole(
      'validation-videos',
      `validation videos to render, default ${defaultsOf('validationVideos')}`,
      1,
    ),
    selected: whole('selected', `samples of each training run, default ${defaultsOf('selected')}`, 1),
    steps: whole('steps', `GRPO steps of each training run, default ${defaultsOf('steps')}`, 1),
    prompts: whole('prompts', `prompts per step, default ${defaultsOf('prompts')}`, 1),
    learningRate: positive('learning-rate', `learning rate of GRPO, default ${defaultsOf('learningRate')}`),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const engine = yield* engineOf(config, input)
    const { run: perform, defaults } = demos[input.task]
    const { videos, validationVideos, selected, steps, prompts, learningRate } = input
    const name = input.task === 'grounding' ? 'demo' : `demo-${input.task}`
    const folder = Option.getOrElse(input.run, () => join(config.runs, name))
    const { report, tables, html } = yield* perform({
      ...defaults,
      ...given({ videos, validationVideos, selected, steps, prompts, learningRate }),
      seed: input.seed,
      folder,
      engine,
      judge: engine.checkpoint === shippedModel ? shippedJudge : engine.checkpoint,
    }).pipe(Effect.provide(Videos.layer({ workers: engine.threads })))
    if (input.json) return yield* Console.log(JSON.stringify(report))
    for (const table of tables) yield* Console.log(`\n${columns(table).join('\n')}`)
    yield* Console.log(`\nreport: ${html}`)
    yield* Console.log(`open it in the studio: ${spanwiseCommand('studio', '--run', folder)}`)
  }),
).pipe(
  Command.withDescription(
    'Run the whole pipeline on mp4 files with a small model, in minutes; boundary reflection asks checkpoints/shapes-judge, or the model of --model',
  ),
  Command.withExamples([
    { command: 'spanwise demo', description: 'with the included checkpoint; writes runs/demo/report.html' },
    { command: 'spanwise demo --videos 40 --steps 10 --run runs/short', description: 'a short trial' },
  ]),
)
