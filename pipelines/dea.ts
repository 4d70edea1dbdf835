import { difficultyEstimation } from '../agents/index.ts'
import { type AgentOptions, runAgent } from './agent.ts'

/** `spanwise dea`: difficulty estimation over one fold of a dataset. */
export const runDea = (options: AgentOptions) => runAgent(difficultyEstimation, options)
