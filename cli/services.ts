import { Layer } from 'effect'
import { type EngineOptions, engineLayer } from '../engine/index.ts'
import { layerEmbedded, layerOpenai } from '../models/index.ts'
import { type CacheSettings, Videos } from '../video/index.ts'
import type { Backend } from './backend.ts'

/** Decoders alone: video without a model. */
export const videoServices = (workers: number, cache: CacheSettings | undefined) =>
  Videos.layer({ workers, ...(cache === undefined ? {} : { cache }) })

/** Decoders and the engine: video and a trainable model. */
export const trainingServices = (options: EngineOptions, cache?: CacheSettings) =>
  Layer.mergeAll(engineLayer(options), videoServices(options.threads, cache))

/** Decoders and the model that agents query. */
export const modelServices = (chosen: Backend, cache?: CacheSettings) =>
  chosen.kind === 'embedded'
    ? layerEmbedded(chosen.engine.checkpoint, { overrides: chosen.overrides }).pipe(
        Layer.provideMerge(trainingServices(chosen.engine, cache)),
      )
    : layerOpenai(chosen.settings, chosen.overrides).pipe(
        Layer.provideMerge(videoServices(chosen.threads, cache)),
      )
