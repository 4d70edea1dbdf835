import { join } from 'node:path'
import { Console, Effect, Option } from 'effect'
import { Command } from 'effect/cli'
import { demoDefaults, runDemo } from '../lab/demo/demo.ts'
import { tables } from '../lab/demo/report.ts'
import { loadConfig } from '../pipelines/config.ts'
import { Videos } from '../video/index.ts'
import { engineOf, json, model, positiveOr, run, wholeOr } from './flags.ts'

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

export const demo = Command.make(
  'demo',
  {
    ...model,
    run,
    json,
    seed: wholeOr('seed', 'seed of every random draw', demoDefaults.seed, 0),
    videos: wholeOr('videos', 'training videos to render', demoDefaults.videos),
    validationVideos: wholeOr(
      'validation-videos',
      'validation videos to render',
      demoDefaults.validationVideos,
    ),
    selected: wholeOr('selected', 'samples of each training run', demoDefaults.selected),
    steps: wholeOr('steps', 'GRPO steps of each training run', demoDefaults.steps),
    prompts: wholeOr('prompts', 'prompts per step', demoDefaults.prompts),
    learningRate: positiveOr('learning-rate', 'learning rate of GRPO', demoDefaults.learningRate),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const engine = yield* engineOf(config, input)
    const { report, html } = yield* runDemo({
      ...input,
      folder: Option.getOrElse(input.run, () => join(config.runs, 'demo')),
      engine,
    }).pipe(Effect.provide(Videos.layer({ workers: engine.threads })))
    if (input.json) {
      const { cases: _, ...rest } = report
      return yield* Console.log(JSON.stringify(rest))
    }
    const shown = tables(report)
    for (const table of [shown.agents, shown.models, shown.phases])
      yield* Console.log(`\n${columns(table).join('\n')}`)
    yield* Console.log(`\nreport: ${html}`)
  }),
).pipe(
  Command.withDescription('Run the whole pipeline on mp4 files with a small model, in minutes'),
  Command.withExamples([
    { command: 'spanwise demo', description: 'with the included checkpoint; writes runs/demo/report.html' },
    { command: 'spanwise demo --videos 40 --steps 10 --run runs/short', description: 'a short trial' },
  ]),
)
