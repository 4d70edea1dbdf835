import { Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { counted } from '../core/index.ts'
import { loadConfig } from '../pipelines/config.ts'
import { runReport } from '../pipelines/report.ts'
import { dataset, runOf } from './dataset.ts'
import { configuredVideos, given, json, madeRun, print, wholeOr } from './flags.ts'
import { videoServices } from './services.ts'

export const report = Command.make(
  'report',
  {
    run: madeRun('that of the dataset below runs/'),
    dataset,
    json,
    out: Flag.String('out').pipe(
      Flag.withDescription('the HTML file; by default report.html in the run'),
      Flag.optional,
    ),
    count: wholeOr('count', 'maximum number of flagged samples to show', 24, 0),
  },
  Effect.fn(function* (input) {
    const config = yield* loadConfig()
    const result = yield* runReport({
      run: yield* runOf(input),
      count: input.count,
      videos: configuredVideos(config),
      ...given({ out: input.out }),
    })
    yield* print(input.json, result, [
      'steps' in result
        ? `${counted(result.steps, 'step')} of training`
        : `${counted(result.verdicts, 'verdict')}, ${counted(result.flagged, 'flagged sample')} shown`,
      `report: ${result.out}`,
    ])
  }),
).pipe(
  Command.provide(videoServices(2, undefined)),
  Command.withDescription(
    'Write one HTML file about a run, to share: flagged samples, histograms and cards, or the curves of a training',
  ),
  Command.withExamples([
    { command: 'spanwise report --run runs/charades', description: 'writes runs/charades/report.html' },
    {
      command: 'spanwise report --run runs/shapes-curriculum',
      description: 'reward, accuracy and length of thought of a training over its steps',
    },
    {
      command: 'spanwise report --dataset shapes --count 100 --out report.html',
      description: 'more samples, to another file',
    },
  ]),
)
