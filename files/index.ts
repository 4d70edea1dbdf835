export * from './duplicate-key.ts'
export * from './files.ts'
export * from './folder.ts'
