import { askVersion, groundingQuestion } from '../../tasks/index.ts'

/** Recorded in every verdict; it follows the shared grounding question, which this agent asks unchanged. */
export const promptVersion = `difficulty-estimation/1+${askVersion}`

/** Zero-shot grounding of the whole clip, exactly the question that training and evaluation ask. */
export const difficultyQuestion = (query: string): string => groundingQuestion(query)
