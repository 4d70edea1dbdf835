import { boundaryReflection } from './boundary-reflection/index.ts'
import { difficultyEstimation } from './difficulty-estimation/index.ts'
import { reasoningWriter } from './reasoning-writer/index.ts'

/** Every agent, by the command that runs it. */
export const agents = { bra: boundaryReflection, dea: difficultyEstimation, cot: reasoningWriter } as const
