export { architectures } from './catalogue.ts'
export type * from './contract.ts'
export { textPositions } from './parts/positions.ts'
export { graphWeights } from './parts/weights.ts'
