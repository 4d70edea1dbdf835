export * from './batcher.ts'
export * from './model.ts'
export * from './scripted.ts'
