import type { Sample } from '../core/index.ts'

/**
 * What a sample's windows show, in words that can be searched for elsewhere and verified. A grounded question alone does
 * not say it, so its right option follows: `Which shape blinks? Answer: red circle`. Every other query, and a question
 * whose options are not known, says it already.
 */
export const evidenceQuery = ({
  task,
  query,
  options,
  answer,
}: Pick<Sample, 'task' | 'query' | 'options' | 'answer'>): string => {
  const right = answer === undefined ? undefined : options?.[answer.charCodeAt(0) - 65]
  if (task !== 'grounded-qa' || right === undefined) return query
  // NExT-GQA's questions have no question mark.
  return `${/[?.!]\s*$/.test(query) ? query.trimEnd() : `${query}?`} Answer: ${right}`
}
