import type { Message } from '../models/index.ts'

/**
 * What every agent, trainer and suite sends: one user message, the video before the question, so that many questions
 * about one clip share its prefix. There is no system message.
 */
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
