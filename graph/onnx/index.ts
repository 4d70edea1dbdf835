export type { Device } from './device.ts'
export * from './emit.ts'
