export { holdsThoughts, thoughtsIn, withoutThinking } from './thinking.ts'
export { readWindows } from './windows.ts'
export { readYesNo, type YesNo } from './yes-no.ts'
