import { Layer } from 'effect'
import { type EngineOptions, engineLayer } from '../../engine/index.ts'
import { layerEmbedded } from '../../models/index.ts'
import { Videos } from '../../video/index.ts'

/** Decoders beside the engine: video and a trainable model. */
export const trainingServices = (options: EngineOptions) =>
  Layer.mergeAll(engineLayer(options), Videos.layer({ workers: options.threads }))

/** Decoders, the engine and the model that agents ask, answered by that engine. */
export const modelServices = (options: EngineOptions) =>
  layerEmbedded(options.checkpoint).pipe(Layer.provideMerge(trainingServices(options)))
