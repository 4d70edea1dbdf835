import type { Message, MessageClip } from '../models/index.ts'

/**
 * What every agent, trainer and suite sends: one user message, the video or image before the question, so that many
 * questions about one clip share its prefix. There is no system message.
 */
export const ask = (clip: MessageClip, question: string): ReadonlyArray<Message> => [
  {
    role: 'user',
    content: [
      { type: clip.info?.still === true ? 'image' : 'video', clip },
      { type: 'text', text: question },
    ],
  },
]
