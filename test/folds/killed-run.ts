/** Runs one fold with the scripted model; started, and killed, by `kill.test.ts`. Arguments: run folder, videos. */
import { Effect } from 'effect'
import { boundaryReflection } from '../../agents/index.ts'
import { runFold } from '../../folds/index.ts'
import { Videos } from '../../video/index.ts'
import { shapesSettings } from '../support/settings.ts'
import { flashModel, flashSample } from './flashes.ts'

const [folder, videos] = process.argv.slice(2)
if (folder === undefined || videos === undefined) throw new Error('usage: killed-run.ts FOLDER VIDEOS')

const summary = await runFold(boundaryReflection, {
  folder,
  videos,
  samples: Array.from({ length: 40 }, (_, i) => flashSample(`s${i}`, i % 2 === 0 ? 'flash.mp4' : 'one.mp4')),
  settings: shapesSettings(boundaryReflection),
  partSize: 7,
  inFlight: 4,
}).pipe(
  Effect.provide(flashModel(() => Effect.sleep(40))),
  Effect.provide(Videos.layer({ workers: 1 })),
  Effect.runPromise,
)
console.log(JSON.stringify(summary))
