export * from './batcher.ts'
export * from './embedded/index.ts'
export * from './model.ts'
export * from './scripted.ts'
