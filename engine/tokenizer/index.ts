export * from './template.ts'
export * from './tokenizer.ts'
