import { blocks } from '../read/blocks.ts'
import { type Reading, type Reply, unreadable, windowsOf } from '../reply.ts'
import { readLetter } from './letter.ts'
import { normal } from './normal.ts'
import { withoutThinking } from './thinking.ts'
import { readWindows, windowsIn } from './windows.ts'

type Options = ReadonlyArray<string> | undefined

const both = (letter: Reading, windows: Reading): Reading => {
  const answer = letter.kind === 'answer' ? letter.answer : null
  const ranges = windowsOf(windows)
  if (answer !== null || (ranges !== null && ranges.length > 0))
    return { kind: 'answer', windows: ranges, answer }
  return letter.kind === 'unreadable' ? letter : unreadable('no answer')
}

/** What the reply says apart from its last `<answer>` block, where that holds no time. */
const apart = (reply: Reply): Reply => {
  const said = withoutThinking(reply.text)
  const text = said === null ? '' : normal(said)
  const block = blocks(text, 'answer').at(-1)
  if (block === undefined || /\d/.test(block)) return reply
  return { ...reply, text: text.replaceAll(`<answer>${block}</answer>`, '\n') }
}

/** Which option a reply chooses and which windows it names; the half that cannot be read is null. Never throws. */
export const readGrounded = (reply: Reply, options?: Options): Reading => {
  const said = withoutThinking(reply.text)
  const text = said === null ? '' : normal(said)
  const glue = blocks(text, 'glue').at(-1)
  if (glue === undefined) return both(readLetter(reply, options), readWindows(apart(reply)))
  const windows = windowsIn({ kind: 'region', text: glue, marked: true, closed: true })
  const rest = text.slice(0, text.lastIndexOf('<glue>'))
  const letter = readLetter(
    {
      ...reply,
      text: rest.trim() === '' ? text.slice(text.lastIndexOf('</glue>') + 7) : rest,
      finish: 'stop',
    },
    options,
  )
  return both(letter, windows)
}
