export * from './catalogue.ts'
export * from './clean.ts'
export * from './dataset.ts'
export { nearest } from './nearest.ts'
