export * from './frames.ts'
export * from './process.ts'
export type { ProcessorSettings } from './settings.ts'
export type * from './types.ts'
