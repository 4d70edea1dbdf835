import { type Style, shapesStyle, withThinking } from './dialect.ts'
import { replyForm, windowsPattern } from './form.ts'
import { windowsInstructions } from './instructions.ts'
import { readWindows } from './lenient/windows.ts'
import { parsePairEval } from './read/pair.ts'
import { parseWindows } from './read/windows.ts'
import { readingOf } from './reply.ts'
import type { TaskSpec } from './spec.ts'
import { windowsAnswer } from './times.ts'

/** How the `shapes` dialect asks for a list of windows; shared by grounding and reflection. */
export const windowsFormat =
  'time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.'

/** When the query holds: every window, or none. */
export const groundingQuestion = (query: string, style: Style = shapesStyle): string =>
  withThinking(
    style.dialect === 'shapes'
      ? `When does this happen: "${query}"? Answer with every ${windowsFormat}`
      : `Watch the video and find every time range in which this happens: "${query}"\n\n${windowsInstructions('such range')}`,
    style,
  )

/** Temporal grounding: when does the query hold? */
export const grounding: TaskSpec = {
  name: 'grounding',
  grounded: true,
  answers: null,
  question: ({ query }, style) => groundingQuestion(query, style),
  answer: ({ windows }) => (windows === null ? null : windowsAnswer(windows)),
  form: (_, style) => replyForm(windowsPattern, style),
  read: (reply, _, reader) => {
    switch (reader) {
      case 'lenient':
        return readWindows(reply)
      case 'videochat-r1':
      case 'time-r1': {
        const pair = parsePairEval(reply.text)
        return readingOf(reply, pair === null ? null : [pair])
      }
      default:
        return readingOf(reply, parseWindows(reply.text))
    }
  },
}
