export { Engine, type EngineFailure, type EngineOptions, type EngineService } from './engine.ts'
export { localEngine } from './local.ts'
export { engineLayer, localEngineLayer, workerEngine } from './service.ts'
