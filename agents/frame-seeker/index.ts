export * from './candidates.ts'
export * from './gold.ts'
export * from './prompt.ts'
