export { type EngineSettings, engineSettings, shardings, vllmModes } from './engine-settings.ts'
export { openapi } from './openapi.ts'
export { servedFile } from './records.ts'
export * from './schemas.ts'
export { type ServeOptions, serveTraining } from './server.ts'
export { makeTrainingService } from './service.ts'
export {
  Refusal,
  type TrainingKind,
  type TrainingService,
  type TrainingServiceOptions,
} from './types.ts'
