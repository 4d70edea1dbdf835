import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Stream } from 'effect'
import { layoutOf } from '../agents/index.ts'
import { Progress } from '../core/index.ts'
import { writeWhole } from '../files/index.ts'
import { executors, type FoldTask } from '../folds/executors/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { metricsToDuckDb } from '../store/index.ts'
import { type RunFolder, withSinks } from '../trainer/index.ts'
import {
  makeTrainingService,
  servedFile,
  serveTraining,
  type TrainingService,
} from '../trainer/service/index.ts'
import { holdRun } from './train/hold.ts'
import type { TrainOptions } from './train/options.ts'
import { forgetValidations, nameOf } from './train/validate.ts'
import { accelerateConfig } from './trl/accelerate.ts'
import { latestTrlCheckpoint, trainCommand } from './trl/launch.ts'
import { claimRun, readTrl, viewsOf, wordingOf } from './trl/open.ts'
import type { TrlOptions } from './trl/options.ts'
import { finished, outcomeOf, stepOf, updatesOf } from './trl/outcome.ts'
import { requirePython } from './trl/python.ts'
import { validateCheckpoint, validationFile } from './trl/validate.ts'

/** Streams of a run whose rows have a step; a resumed run continues them. */
const streams = ['metrics.jsonl', 'rollouts.jsonl', servedFile]

/** A temporary folder for frames on this machine, removed when the scope closes. */
const sharedFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), 'spanwise-frames-'))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** Reports each step that the engine finishes. */
const withProgress = Effect.fnUntraced(function* (service: TrainingService, label: string) {
  const progress = yield* Progress
  const total = service.run.steps
  return {
    ...service,
    event: (request) =>
      Effect.tap(service.event(request), () =>
        request.kind === 'step' && request.rank === 0
          ? progress.report({
              label,
              done: request.step + 1,
              total,
              note: `loss ${request.figures?.loss?.toFixed(3) ?? '-'}`,
            })
          : Effect.void,
      ),
  } satisfies TrainingService as TrainingService
})

const refresh = (folder: RunFolder) =>
  metricsToDuckDb(folder.path).pipe(
    Effect.asVoid,
    Effect.catch((error) => Effect.logWarning(error.message)),
  )

/**
 * `spanwise train sft|curriculum --engine trl`: serves the run to a Python process for each GPU, which trains with TRL.
 * Continues from the newest checkpoint of the run's folder.
 */
export const runTrl = Effect.fn('Pipelines.runTrl')(function* (
  kind: 'sft' | 'curriculum',
  options: TrainOptions,
  trl: TrlOptions,
) {
  const began = performance.now()
  const read = yield* readTrl(kind, options, trl)
  const stepsAt = (checkpoint: ReturnType<typeof latestTrlCheckpoint>) =>
    checkpoint === null ? 0 : stepOf(checkpoint.step, updatesOf(read))
  if (stepsAt(latestTrlCheckpoint(read.engine.output)) < read.steps) yield* requirePython(trl.python)
  const folder = yield* withSinks(
    yield* holdRun(options.run, claimRun(kind, read, options, trl), options.breakLease ?? false),
    options.sinks ?? [],
  )
  const before = latestTrlCheckpoint(read.engine.output)
  const resumedFrom = stepsAt(before)
  for (const name of streams) yield* folder.truncate(name, resumedFrom)
  // A resumed run keeps what was measured at the step it continues from.
  yield* folder.truncate(validationFile, resumedFrom + 1)
  yield* forgetValidations(folder.file('validation'), nameOf(resumedFrom))
  const engine = { ...read.engine, resume: before?.path ?? null }
  const log = folder.file('launch', 'train.log')
  if (resumedFrom < read.steps) {
    if (before === null) yield* validateCheckpoint(read, options, folder, read.model, 0)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const service = yield* makeTrainingService({
          run: read.run,
          training: read.training,
          steps: read.steps,
          items: read.items,
          wording: wordingOf(read),
          shown: {
            layout: layoutOf(read.profile, { kind: 'pixels' }),
            framesPerToken: read.profile.view.framesPerToken,
          },
          ...(read.encode === undefined ? {} : { encode: read.encode }),
          views: yield* viewsOf(read, options),
          folder,
          engine,
          sharedFrames: yield* sharedFolder,
          onCheckpoint: refresh(folder),
        })
        const token = process.env.SPANWISE_TOKEN
        const url = yield* serveTraining(yield* withProgress(service, `${kind} with TRL`), {
          host: trl.host,
          port: trl.port,
          version: packageJson.version,
          ...(token === undefined ? {} : { token }),
        })
        const config = folder.file('launch', 'accelerate.yaml')
        yield* writeWhole(
          config,
          accelerateConfig({
            gpus: trl.gpus,
            sharding: engine.sharding,
            offload: trl.offload,
          }),
        )
        const task: FoldTask = {
          fold: 0,
          name: 'train',
          command: trainCommand(trl, engine, config, url),
          log,
        }
        const executor = yield* executors.local({
          run: folder.path,
          cwd: process.cwd(),
          resources: { cpus: 1, gpus: trl.gpus, memory: 0 },
          options: {},
        })
        yield* finished(yield* Stream.runCollect(executor.submit([task], 1)), log)
      }),
    )
  }
  const last = latestTrlCheckpoint(read.engine.output)
  if (last !== null)
    yield* validateCheckpoint(read, options, folder, last.path, stepOf(last.step, updatesOf(read)))
  yield* refresh(folder)
  return yield* outcomeOf(read, resumedFrom, began)
}, Effect.scoped)
