export { type AdamWSettings, adamwGraph, defaultAdamW } from './adamw.ts'
export { type Arena, fillArena, makeArena, type ParameterShape } from './arena.ts'
export * from './optimiser.ts'
export { learningRateAt, type Schedule } from './schedule.ts'
