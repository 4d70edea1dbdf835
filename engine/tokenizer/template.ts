import { Template } from '@huggingface/jinja'

/** A message as chat templates see it: parts of text, and videos of which only the place matters. */
export interface TemplateMessage {
  readonly role: string
  readonly content: ReadonlyArray<
    { readonly type: 'text'; readonly text: string } | { readonly type: 'video' }
  >
}

export interface TemplateOptions {
  /** End with the opening of the assistant's turn. */
  readonly addGenerationPrompt: boolean
  /** Further variables of the template, e.g. `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** Renders messages to the text of the prompt. */
export type ChatTemplate = (messages: ReadonlyArray<TemplateMessage>, options: TemplateOptions) => string

/** A chat template from its Jinja source. */
export const chatTemplate = (source: string): ChatTemplate => {
  const template = new Template(source)
  return (messages, { addGenerationPrompt, variables }) =>
    template.render({ messages, add_generation_prompt: addGenerationPrompt, ...variables })
}
