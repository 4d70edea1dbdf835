/** The embedded engine. The graph builder, optimiser and checkpoint have faces of their own in their folders. */

export type { Device } from '../graph/onnx/index.ts'
export * from './generate/index.ts'
export * from './training/index.ts'
export * from './worker/index.ts'
