import { rm } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { Clock, DateTime, Effect, Layer } from 'effect'
import { InputError } from '../../core/index.ts'
import { engineLayer } from '../../engine/index.ts'
import { attempt, holdFolder, isTemporary, listFolder, writeJson, writeWhole } from '../../files/index.ts'
import { layerEmbedded } from '../../models/index.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { page } from '../../pipelines/report/page.ts'
import type { DemoOptions } from './task-demo.ts'

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

/** The first file that a demo writes: only a folder that contains it may be emptied. */
const mark = 'demo.json'

/**
 * Holds a demo's folder until the scope closes, without what an earlier demo left in it. A folder of anything else is
 * refused: everything in it would be lost.
 */
const emptied = Effect.fnUntraced(function* (folder: string) {
  const found = (yield* listFolder(folder)).filter((name) => !name.startsWith('lease.'))
  if (!found.includes(mark) && !found.every(isTemporary))
    return yield* new InputError({
      subject: folder,
      problem: 'contains files that are not of a demo, which would be removed',
      remedy: 'choose an empty or a new folder with --run',
    })
  yield* holdFolder(folder, `demo (${folder})`)
  // The mark stays, so that a demo stopped here can be started again.
  for (const name of found)
    if (name !== mark)
      yield* attempt(folder, 'emptied', () => rm(join(folder, name), { recursive: true, force: true }))
})

/** Every demo's set-up: an empty folder, a clock for its phases, and the models that it loads. */
export const openStage = Effect.fn('Demo.openStage')(function* ({ folder, engine, seed }: DemoOptions) {
  const phases: Array<Phase> = []
  const heading: Heading = {
    version: packageJson.version,
    created: DateTime.formatIso(yield* DateTime.now).slice(0, 16),
    seed,
    machine: `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
  }
  yield* emptied(folder)
  yield* writeJson(join(folder, mark), heading)
  return {
    phases: phases as ReadonlyArray<Phase>,
    /** Does the work as a phase of the demo. */
    timed: Effect.fnUntraced(function* <A, E, R>(phase: string, work: Effect.Effect<A, E, R>) {
      const from = yield* Clock.currentTimeMillis
      const value = yield* work
      phases.push({ phase, seconds: ((yield* Clock.currentTimeMillis) - from) / 1000 })
      return value
    }),
    /** The model of a checkpoint, to be asked. */
    asking: (checkpoint: string) =>
      layerEmbedded(checkpoint).pipe(Layer.provideMerge(engineLayer({ ...engine, checkpoint }))),
    heading,
  }
})

/** Writes `report.html` and `report.json` into a demo's folder; returns the page's path. */
export const writeDemo = Effect.fn('Demo.write')(function* (
  folder: string,
  { title, body, report }: { readonly title: string; readonly body: string; readonly report: object },
) {
  const html = join(folder, 'report.html')
  yield* writeWhole(html, page(title, body))
  yield* writeJson(join(folder, 'report.json'), report)
  return html
})
