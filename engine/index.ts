/** The embedded engine. The graph builder, optimiser and checkpoint have faces of their own in their folders. */
export * from './generate/index.ts'
export type { Device } from './session.ts'
export * from './training/index.ts'
export * from './worker/index.ts'
