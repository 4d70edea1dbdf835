import { type Dialect, dialectVersion, groundingQuestion, type Style } from '../../tasks/index.ts'

/** Recorded in every verdict; it follows the shared grounding question, which this agent asks unchanged. */
export const promptVersion = ({ dialect }: { readonly dialect: Dialect }): string =>
  `difficulty-estimation/1+${dialectVersion(dialect)}`

/** Zero-shot grounding of the whole clip, exactly the question that training and evaluation ask. */
export const difficultyQuestion = (query: string, style?: Style): string => groundingQuestion(query, style)
