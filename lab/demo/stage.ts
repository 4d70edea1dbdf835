import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { Clock, DateTime, Effect, Layer } from 'effect'
import { InputError } from '../../core/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { makeFolders } from '../../files/index.ts'
import { layerEmbedded } from '../../models/index.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { page } from '../../pipelines/report/page.ts'
import type { DemoOptions } from './task-demo.ts'

const file = <A>(path: string, work: () => Promise<A>) =>
  Effect.tryPromise({
    try: work,
    catch: (cause) =>
      new InputError({
        subject: path,
        problem: `cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
        remedy: 'choose another folder with --run',
      }),
  })

/** Seconds that a part of a demo took. */
export interface Phase {
  readonly phase: string
  readonly seconds: number
}

/** What every report begins with. */
export interface Heading {
  readonly version: string
  readonly created: string
  readonly seed: number
  readonly machine: string
}

/** Half of the scenes are hard: the included model was trained on none, so that training has most to gain there. */
export const sceneShares = { easy: 1, medium: 1, hard: 2 }

/** Every demo's set-up: an empty folder, a clock for its phases, and the models that it loads. */
export const openStage = Effect.fn('Demo.openStage')(function* ({ folder, engine, seed }: DemoOptions) {
  yield* file(folder, async () => {
    await rm(folder, { recursive: true, force: true })
    makeFolders(folder)
  })
  const phases: Array<Phase> = []
  return {
    phases: phases as ReadonlyArray<Phase>,
    timed: <A, E, R>(phase: string, work: Effect.Effect<A, E, R>) =>
      Effect.gen(function* () {
        const from = yield* Clock.currentTimeMillis
        const value = yield* work
        phases.push({ phase, seconds: ((yield* Clock.currentTimeMillis) - from) / 1000 })
        return value
      }),
    /** The model of a checkpoint, to be asked. */
    asking: (checkpoint: string) =>
      layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ ...engine, checkpoint }))),
    heading: {
      version: packageJson.version,
      created: DateTime.formatIso(yield* DateTime.now).slice(0, 16),
      seed,
      machine: `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
    } satisfies Heading,
  }
})

/** Writes `report.html` and `report.json` into a demo's folder; returns the page's path. */
export const writeDemo = Effect.fn('Demo.write')(function* (
  folder: string,
  { title, body, report }: { readonly title: string; readonly body: string; readonly report: object },
) {
  const html = join(folder, 'report.html')
  yield* file(folder, async () => {
    await writeFile(html, page(title, body))
    await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  })
  return html
})
