import { describe, expect, it } from 'vitest'
import { type RecordedReply, readReply } from '../../../tasks/index.ts'
import { brief, cut, thought } from './said.ts'

/** Replies to "how many?" as models write them, each with its reading. */
const table: ReadonlyArray<readonly [reply: RecordedReply, reading: string]> = [
  // The number.
  ['3', '3'],
  ['3.', '3'],
  ['0', '0'],
  ['007', '7'],
  ['3.0', '3'],
  ['1,024', '1024'],
  ['３', '3'],
  ['"3"', '3'],
  ['**3**', '3'],
  ['3<|im_end|>', '3'],
  ['<answer>3</answer>', '3'],
  ['<answer> 3 times </answer>', '3'],
  ['<answer>3', '3'],
  ['Answer: 3', '3'],
  ['Final answer: **12**', '12'],
  ['The answer is 3.', '3'],
  ['count = 3', '3'],
  ['$\\boxed{3}$', '3'],
  // Words.
  ['three', '3'],
  ['Three.', '3'],
  ['Three times', '3'],
  ['twenty-one', '21'],
  ['twenty one repetitions', '21'],
  ['once', '1'],
  ['The girl jumps twice.', '2'],
  ['zero', '0'],
  ['none', '0'],
  ['Never.', '0'],
  ['三次', '3'],
  ['十二次', '12'],
  ['3次', '3'],
  ['一共3个', '3'],
  // Sentences.
  ['3 times', '3'],
  ['There are 3 bounces.', '3'],
  ['I count 12 repetitions.', '12'],
  ['The number of jumps is 4', '4'],
  ['About 5', '5'],
  ['The ball bounces 3 times in 10 seconds.', '3'],
  ['In this 30 s clip he does 8 push-ups.', '8'],
  ['At 2.0 s, at 4.5 s and at 7.0 s: a total of 3.', '3'],
  ['2 + 1 = 3', '3'],
  ['4 repetitions (0-2s, 2-4s, 4-6s, 6-8s)', '4'],
  ['One man does it 4 times.', '4'],
  ['Rep 1: 0-2s\nRep 2: 2-4s\n\nSo the answer is 2.', '2'],
  ['First: 1\nSecond: 2\nThird: 3\n\nTotal: 3', '3'],
  ['There are no bounces in this video.', '0'],
  ['It never bounces.', '0'],
  // JSON.
  ['{"count": 3}', '3'],
  ['{"answer": "3"}', '3'],
  ['{"answer": "three", "confidence": 0.7}', '3'],
  ['```json\n{"total": 12}\n```', '12'],
  ['[3]', '3'],
  // The last answer; thoughts.
  ['<answer>3</answer>\nI missed one.\n<answer>4</answer>', '4'],
  ['<think>1, 2, 3, 4, maybe <answer>5</answer></think>\n\n4', '4'],
  ['one, two, three\n</think>3', '3'],
  [thought('1, 2, 3', '3'), '3'],
  [thought('1, 2, 3', ''), 'only thinking'],
  // Cut off.
  [cut('<answer>3</answer> as'), '3'],
  [cut('1'), 'cut off'],
  [cut('Rep 1: 0-2s, rep 2: 2-'), 'cut off'],
  [cut('<think>1, 2'), 'cut off'],
  // Nothing to read.
  ['', 'no answer'],
  ['Unable to tell', 'no answer'],
  ['It bounces a lot.', 'no answer'],
  ['2 or 3', 'unclear'],
  ['2-3', 'unclear'],
  ['2 or 3 times', 'unclear'],
  ['3.5', 'unclear'],
  ['-3', 'unclear'],
  ['{"count": 2.5}', 'unclear'],
]

describe('replies that count', () => {
  it('are as many as they should be', () => expect(table.length).toBeGreaterThanOrEqual(60))
  it.each(table)('%j says %s', (reply, reading) =>
    expect(brief(readReply({ task: 'counting' }, reply))).toBe(reading),
  )
})
