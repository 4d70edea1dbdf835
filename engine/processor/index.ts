export * from './frames.ts'
export * from './messages.ts'
export type { ProcessorSettings } from './settings.ts'
export type * from './types.ts'
