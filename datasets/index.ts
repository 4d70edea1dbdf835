export * from './catalogue.ts'
export * from './clean.ts'
export * from './dataset.ts'
export { isAbsent } from './files.ts'
