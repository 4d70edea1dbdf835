import type { Node } from '../graph.ts'
import { activation } from './activation.ts'
import { attentions } from './attention.ts'
import { elementwise } from './elementwise.ts'
import { gathers } from './gather.ts'
import { products } from './matmul.ts'
import { normalisations } from './normalise.ts'
import { reductions } from './reduce.ts'
import { rearrangements } from './reshape.ts'
import type { Rule, Rules } from './rule.ts'
import { vocabularies } from './vocabulary.ts'

/** How a gradient passes each operation. */
const table: Rules = {
  ...elementwise,
  ...activation,
  ...products,
  ...reductions,
  ...rearrangements,
  ...gathers,
  ...normalisations,
  ...attentions,
  ...vocabularies,
}

/** Operators on float32 through which no gradient passes: `stopGradient`, and steps of a staircase. */
const flat: ReadonlySet<string> = new Set(['Identity', 'Sign'])

/**
 * The rule of a node, or undefined where no gradient passes: integers and truth values have none. Throws for an
 * operator that should have one and is not in the table.
 */
export const ruleOf = (node: Node): Rule | undefined => {
  const smooth =
    node.outputs[0]?.dtype === 'float32' && node.parents.some((parent) => parent?.dtype === 'float32')
  if (!smooth || flat.has(node.op)) return undefined
  const rule = table[node.gradient]
  if (rule === undefined) throw new Error(`no gradient is known for ${node.gradient}`)
  return rule
}
