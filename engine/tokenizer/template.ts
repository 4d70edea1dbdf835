import { Template } from '@huggingface/jinja'
import { InputError } from '../../core/index.ts'
import { type Guard, withTimeLimit } from './time-limit.ts'

/** A message as chat templates see it: parts of text, and videos and images of which only the place matters. */
export interface TemplateMessage {
  readonly role: string
  readonly content: ReadonlyArray<
    { readonly type: 'text'; readonly text: string } | { readonly type: 'video' | 'image' }
  >
}

export interface TemplateOptions {
  /** End with the opening of the assistant's turn. */
  readonly addGenerationPrompt: boolean
  /** Further variables of the template, e.g. `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Renders messages to the text of the prompt. Throws `InputError` where the template fails or does not end. */
export type ChatTemplate = (messages: ReadonlyArray<TemplateMessage>, options: TemplateOptions) => string

/** The most numbers that a template may count up to: `range` makes a list of all of them. */
const longest = 1e6

/** Jinja's `range`, bounded. */
const range = (first: number, second?: number, step = 1): ReadonlyArray<number> => {
  const [start, stop] = second === undefined ? [0, first] : [first, second]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= longest))
    throw new RangeError(`range() of ${length} numbers, at most ${longest} are allowed`)
  return Array.from({ length }, (_, index) => start + index * step)
}

/** A chat template from its Jinja source. */
export const chatTemplate = (source: string, guard: Guard = { subject: 'chat template' }): ChatTemplate => {
  const attempt = <A>(run: () => A): A => {
    try {
      return withTimeLimit(guard, run)
    } catch (cause) {
      if (cause instanceof InputError) throw cause
      const [problem] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
      throw new InputError({
        subject: guard.subject,
        problem: `cannot be rendered (${problem})`,
        remedy: 'restore the file as the model was published with it',
      })
    }
  }
  const template = attempt(() => new Template(source))
  // Jinja takes no variable of the name, so the template assigns it first.
  template.parsed.body.unshift(...new Template('{% set range = bounded_range %}').parsed.body)
  return (messages, { addGenerationPrompt, variables }) =>
    attempt(() =>
      template.render({
        messages,
        add_generation_prompt: addGenerationPrompt,
        bounded_range: range,
        ...variables,
      }),
    )
}
