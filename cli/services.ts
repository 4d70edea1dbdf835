import { Layer } from 'effect'
import { type EngineOptions, engineLayer } from '../engine/index.ts'
import { layerEmbedded, layerOpenai } from '../models/index.ts'
import { type CacheSettings, Videos } from '../video/index.ts'
import type { Backend } from './backend.ts'

const decoders = (workers: number, cache: CacheSettings | undefined) =>
  Videos.layer({ workers, ...(cache === undefined ? {} : { cache }) })

/** Decoders beside the engine: video and a trainable model. */
export const trainingServices = (options: EngineOptions, cache?: CacheSettings) =>
  Layer.mergeAll(engineLayer(options), decoders(options.threads, cache))

/** Decoders and the model that agents ask. */
export const modelServices = (chosen: Backend, cache?: CacheSettings) =>
  chosen.kind === 'embedded'
    ? layerEmbedded(chosen.engine.checkpoint, { overrides: chosen.overrides }).pipe(
        Layer.provideMerge(trainingServices(chosen.engine, cache)),
      )
    : layerOpenai(chosen.settings, chosen.overrides).pipe(Layer.provideMerge(decoders(chosen.threads, cache)))
