import type { Node, Value } from '../graph.ts'

/** One node on the way back from the loss. */
export interface Step {
  readonly node: Node
  /** The node's inputs, all present: operators with optional inputs read `node.inputs`. */
  readonly inputs: readonly Value[]
  readonly attributes: Node['attributes']
  /** The node's first output. */
  readonly output: Value
  /** The loss' gradient with respect to the first output. */
  readonly gradient: Value
  /** The same for all outputs, undefined where one does not reach the loss. */
  readonly gradients: readonly (Value | undefined)[]
  /** Which parents need a gradient. */
  readonly needs: readonly boolean[]
}

/** The gradient of an operation: one per parent of the node, in order; undefined where none passes. */
export type Rule = (step: Step) => readonly (Value | undefined)[]

/** Rules by the name nodes give them: their `gradient`, or the operator's own name. */
export type Rules = Readonly<Record<string, Rule>>

/** A number stored with the node: a float or int attribute. */
export const numberOf = ({ attributes }: Step, name: string): number => {
  const value = attributes[name]
  if (typeof value === 'number') return value
  if (typeof value === 'object' && 'float' in value) return value.float
  throw new Error(`the attribute ${name} is not a number`)
}
