import type { Window } from '../../core/index.ts'
import type { Guide } from '../../models/index.ts'
import { formatWindows, groundingQuestion, windowsFormat } from '../../tasks/index.ts'

/** Recorded in every verdict; change it whenever a text or a view below changes. */
export const promptVersion = 'boundary-reflection/1'

/**
 * Reflect: the annotated windows are given and their frames blanked (`reflectView`); which OTHER ranges show the query?
 * The reply has the grounding form, `<answer>8.0 to 10.0</answer>` or `<answer>none</answer>`. An annotation that says
 * "never" hides nothing, and the question is then the plain grounding one.
 */
export const reflectQuestion = (query: string, windows: ReadonlyArray<Window>): string =>
  windows.length === 0
    ? groundingQuestion(query)
    : `"${query}" is known at ${formatWindows(windows)}, blanked here. When else does this happen? Answer with every other ${windowsFormat}`

/** Verify: one proposed range is shown alone (`verifyView`). The reply is `Yes` or `No`. */
export const verifyQuestion = (query: string): string => `Does this show: "${query}"? Answer Yes or No.`

/** The two replies to `verifyQuestion`, in the order in which their probabilities are asked for. */
export const verifyReplies = ['Yes', 'No'] as const

/** Either of them, as the form that a guided reply has. */
export const verifyForm: Guide = { kind: 'regex', pattern: verifyReplies.join('|') }
