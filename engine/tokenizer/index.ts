export * from './qwen.ts'
export * from './template.ts'
export * from './tokenizer.ts'
export * from './train.ts'
