import { boundaryReflection } from '../agents/index.ts'
import { type AgentOptions, runAgent } from './agent.ts'

/** `spanwise bra`: boundary reflection over one fold of a dataset. */
export const runBra = (options: AgentOptions) => runAgent(boundaryReflection, options)
