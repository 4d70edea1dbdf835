export { architectures } from './catalogue.ts'
export type * from './contract.ts'
export { followingPositions } from './parts/positions.ts'
export { graphWeights } from './parts/weights.ts'
