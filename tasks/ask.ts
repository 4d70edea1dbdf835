import { letter, type Sample, type Window } from '../core/index.ts'
import type { ChatRequest, Guide, Message } from '../models/index.ts'

/**
 * The questions every agent, trainer and suite asks, and the answers expected. A user message is the video, then one
 * of these texts: the video comes first so that many questions about one clip share its prefix. There is no system
 * message and thinking is off unless asked for. The texts are short on purpose: the shipped model is tiny, and each
 * token is paid for in every rollout. Change a text, and change `askVersion` with it.
 */
export const askVersion = 'ask/1'

/** Seconds as written in prompts and answers: one decimal, as the frames' own times are. */
export const formatSeconds = (seconds: number): string => seconds.toFixed(1)

/** `1.0 to 2.5, 4.0 to 6.0`, sorted by start; `none` for an empty list. */
export const formatWindows = (windows: ReadonlyArray<Window>): string =>
  windows.length === 0
    ? 'none'
    : windows
        .toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
        .map(([start, end]) => `${formatSeconds(start)} to ${formatSeconds(end)}`)
        .join(', ')

/** The answer to a grounding or reflection question: `<answer>1.0 to 2.5</answer>` or `<answer>none</answer>`. */
export const windowsAnswer = (windows: ReadonlyArray<Window>): string =>
  `<answer>${formatWindows(windows)}</answer>`

/** Every `windowsAnswer`, as the form that a guided reply has. */
export const windowsForm: Guide = {
  kind: 'regex',
  pattern: String.raw`<answer>(none|\d{1,5}\.\d to \d{1,5}\.\d(, \d{1,5}\.\d to \d{1,5}\.\d)*)</answer>`,
}

/** What a request says besides, where the settings want replies of a form. */
export const guidedBy = (
  { guided }: { readonly guided: boolean },
  guide: Guide,
): Pick<ChatRequest, 'guide'> => (guided ? { guide } : {})

/** The answer to a counting question: `<answer>3</answer>`. */
export const countAnswer = (count: number): string => `<answer>${count}</answer>`

/** The answer to a multiple-choice question: `<answer>B</answer>`. */
export const choiceAnswer = (chosen: string): string => `<answer>${chosen}</answer>`

/** The answer to a grounded question: `<answer>B</answer><glue>[(1.0, 2.5)]</glue>`. */
export const groundedAnswer = (chosen: string, windows: ReadonlyArray<Window>): string => {
  const pairs = windows
    .toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
    .map(([start, end]) => `(${formatSeconds(start)}, ${formatSeconds(end)})`)
  return `${choiceAnswer(chosen)}<glue>[${pairs.join(', ')}]</glue>`
}

/** How a list of windows is asked for; shared by grounding and reflection. */
export const windowsFormat =
  'time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.'

const thinking = (text: string, think: boolean): string =>
  think ? `${text} First think step by step inside <think></think>.` : text

const listOptions = (options: ReadonlyArray<string>): string =>
  options.map((option, index) => `\n${letter(index)}. ${option}`).join('')

/** When the query holds: every window, or none. */
export const groundingQuestion = (query: string, think = false): string =>
  thinking(`When does this happen: "${query}"? Answer with every ${windowsFormat}`, think)

/** How often something happens; `question` already asks for the number. */
export const countingQuestion = (question: string, think = false): string =>
  thinking(`${question} Answer with the number as <answer>number</answer>.`, think)

/** Which option is right. */
export const choiceQuestion = (question: string, options: ReadonlyArray<string>, think = false): string =>
  thinking(`${question}${listOptions(options)}\nAnswer with the letter as <answer>letter</answer>.`, think)

/** Which option is right, and when the video shows it. */
export const groundedQuestion = (question: string, options: ReadonlyArray<string>, think = false): string =>
  thinking(
    `${question}${listOptions(options)}\nAnswer with the letter and the seconds that show it as <answer>letter</answer><glue>[(start, end)]</glue>.`,
    think,
  )

/** What every agent, trainer and suite sends: one user message, the video before the question. */
export const ask = (
  clip: Extract<Message['content'][number], { readonly type: 'video' }>['clip'],
  question: string,
): ReadonlyArray<Message> => [
  {
    role: 'user',
    content: [
      { type: 'video', clip },
      { type: 'text', text: question },
    ],
  },
]

/** The question of a sample, by its task. */
export const questionOf = (sample: Pick<Sample, 'task' | 'query' | 'options'>, think = false): string => {
  switch (sample.task) {
    case 'grounding':
      return groundingQuestion(sample.query, think)
    case 'counting':
      return countingQuestion(sample.query, think)
    case 'choice':
      return choiceQuestion(sample.query, sample.options ?? [], think)
    case 'grounded-qa':
      return groundedQuestion(sample.query, sample.options ?? [], think)
  }
}

/** The right reply to `questionOf(sample)`, or null where the annotation lacks it. */
export const answerOf = (sample: Pick<Sample, 'task' | 'windows' | 'answer'>): string | null => {
  switch (sample.task) {
    case 'grounding':
      return sample.windows === null ? null : windowsAnswer(sample.windows)
    case 'counting':
      return sample.answer === undefined ? null : countAnswer(Number(sample.answer))
    case 'choice':
      return sample.answer === undefined ? null : choiceAnswer(sample.answer)
    case 'grounded-qa':
      return sample.answer === undefined || sample.windows === null
        ? null
        : groundedAnswer(sample.answer, sample.windows)
  }
}
