export * from './agent.ts'
export type { BoundaryReflectionEvidence, BoundaryReflectionSettings } from './boundary-reflection/index.ts'
export { boundaryReflection } from './boundary-reflection/index.ts'
export {
  reflectQuestion,
  verifyPattern,
  verifyQuestion,
  verifyReplies,
} from './boundary-reflection/prompt.ts'
export { marginOf, reflectHidden, reflectView, verifyView } from './boundary-reflection/view.ts'
export * from './catalogue.ts'
export type { DifficultyEvidence, DifficultySettings } from './difficulty-estimation/index.ts'
export { bandOf, difficultyEstimation } from './difficulty-estimation/index.ts'
export * from './frame-seeker/index.ts'
export type { Checked, CountTruth, ReasoningEvidence, ReasoningSettings } from './reasoning-writer/index.ts'
export {
  checkThoughts,
  reasoningQuestion,
  reasoningWriter,
  rules as thoughtRules,
} from './reasoning-writer/index.ts'
export * from './watch.ts'
