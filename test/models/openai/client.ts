import { Effect, Layer } from 'effect'
import {
  greedy,
  layerOpenai,
  type OpenaiInput,
  openaiSettingsSchema,
  VisionLanguageModel,
} from '../../../models/index.ts'
import { ask } from '../../../tasks/index.ts'
import { Videos } from '../../../video/index.ts'
import { type FaultServerOptions, startFaultServer } from '../../support/fault-server.ts'

/** A server for as long as the scope lasts. */
export const faultServer = (options: FaultServerOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(() => startFaultServer(options)),
    (server) => Effect.promise(() => server.kill()),
  )

/** Settings with pauses of milliseconds. */
export const quick = (input: OpenaiInput) =>
  openaiSettingsSchema.parse({
    backoff: { first: 5, most: 40 },
    checks: { first: 10, most: 50 },
    timeout: 10_000,
    giveUp: 2000,
    preset: 'vllm',
    ...input,
  })

/** The backend in front of `input.baseUrl`. */
export const client = (input: OpenaiInput) =>
  Effect.map(
    Layer.build(layerOpenai(quick(input)).pipe(Layer.provide(Videos.layer({ workers: 1 })))),
    (context) => context.mapUnsafe.get(VisionLanguageModel.key) as VisionLanguageModel['Service'],
  )

/** Two grey frames of 32 pixels. */
export const clip = {
  width: 32,
  height: 32,
  times: Float64Array.of(0, 0.5),
  fps: 2,
  rgb: new Uint8Array(2 * 32 * 32 * 3).fill(90),
}

export const question = (text: string) => ({ messages: ask(clip, text), sampling: greedy(16) })
