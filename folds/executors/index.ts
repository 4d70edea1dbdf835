export { type ExecutorName, executors } from './catalogue.ts'
export { type Driven, drive, type Fate } from './drive.ts'
export type { Ended, Executor, ExecutorSettings, FoldTask, Resources } from './executor.ts'
export { capture, lastLine } from './process.ts'
