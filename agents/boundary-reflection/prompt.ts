import type { Window } from '../../core/index.ts'
import {
  type Dialect,
  dialectVersion,
  formatWindows,
  groundingQuestion,
  type Style,
  shapesStyle,
  windowsFormat,
  windowsInstructions,
  withThinking,
} from '../../tasks/index.ts'

/** Recorded in every verdict; change it whenever a text or a view below changes. */
export const promptVersion = ({ dialect }: { readonly dialect: Dialect }): string =>
  dialect === 'shapes' ? 'boundary-reflection/1' : `boundary-reflection/1+${dialectVersion(dialect)}`

/**
 * Reflect: the annotated windows are given and their frames blanked (`reflectView`); which OTHER ranges show the query?
 * The reply has the grounding form, `<answer>8.0 to 10.0</answer>` or `<answer>none</answer>`. An annotation that says
 * "never" hides nothing, and the question is then the plain grounding one.
 */
export const reflectQuestion = (
  query: string,
  windows: ReadonlyArray<Window>,
  style: Style = shapesStyle,
): string =>
  windows.length === 0
    ? groundingQuestion(query, style)
    : withThinking(
        style.dialect === 'shapes'
          ? `"${query}" is known at ${formatWindows(windows)}, blanked here. When else does this happen? Answer with every other ${windowsFormat}`
          : `In this video the following is known to happen at ${formatWindows(windows)} (in seconds): "${query}"\n\nThose parts, with a margin around them, are blanked out here: their frames are empty and show nothing. Watch the rest of the video and find every OTHER time range in which the same happens. Do not repeat the known ranges.\n\n${windowsInstructions('other range')}`,
        style,
      )

/** Verify: one proposed range is shown alone (`verifyView`). The reply is `Yes` or `No`. */
export const verifyQuestion = (query: string, style: Style = shapesStyle): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `Does this show: "${query}"? Answer Yes or No.`
      : `Does this part of a video show the following? "${query}"\n\nEnd your reply with exactly one word: Yes or No.`,
    style,
  )

/** The two replies to `verifyQuestion`, in the order in which their probabilities are asked for. */
export const verifyReplies = ['Yes', 'No'] as const

/** Either of them, as the form that a guided reply has. */
export const verifyPattern = `(${verifyReplies.join('|')})`
