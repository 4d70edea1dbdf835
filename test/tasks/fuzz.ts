import type { Random } from '../../core/index.ts'

const tags = [
  '<answer>',
  '</answer>',
  '<think>',
  '</think>',
  '<glue>',
  '</glue>',
  '<thinking>',
  '</thinking>',
]
const pieces = [
  ...tags,
  ...['1', '12.5', '3.', '.5', '007', '1e9', 'NaN', 'Infinity', '-2', '99999999999999999999', '٣', '½'],
  ...[
    ' to ',
    ' and ',
    ', ',
    ' ',
    '\n',
    '\t',
    '\u0000',
    '\u2028',
    '😀',
    '\ud800',
    'none',
    'rep1:',
    'reps 1-3:',
  ],
  ...['[', ']', '(', ')', '+[', '-[', 'A', '(C)', 'The answer is', 'Intervals:', '{"windows":', '$1', '\\'],
]

/** A random string made of what parsers look for, sometimes cut, doubled or with a character replaced. */
export const fuzzText = (draw: Random): string => {
  let text = ''
  for (let n = draw.int(0, 14); n > 0; n--) text += draw.pick(pieces)
  switch (draw.int(0, 4)) {
    case 0:
      return `<think>${text}</think><answer>${text}</answer>`
    case 1:
      return text.slice(draw.int(0, text.length))
    case 2: {
      const at = draw.int(0, text.length)
      return text.slice(0, at) + String.fromCharCode(draw.int(0, 0xffff)) + text.slice(at + 1)
    }
    default:
      return text
  }
}
