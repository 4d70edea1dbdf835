export * from './agreement.ts'
export * from './entry.ts'
export * from './log.ts'
export * from './merge.ts'
