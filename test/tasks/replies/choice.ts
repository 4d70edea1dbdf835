import type { RecordedReply } from '../../../tasks/index.ts'
import { cut, thought } from './said.ts'

export const options = ['red', 'blue', 'green', 'a blue ball', 'He waves.']

/** Replies to a question with these options as models write them, each with its reading. */
export const table: ReadonlyArray<readonly [reply: RecordedReply, reading: string]> = [
  // The letter.
  ['B', 'B'],
  ['B.', 'B'],
  ['(B)', 'B'],
  ['B)', 'B'],
  ['[B]', 'B'],
  ['b', 'B'],
  ['(b)', 'B'],
  ['"B"', 'B'],
  ['Ｂ', 'B'],
  ['（Ｃ）', 'C'],
  [' A \n', 'A'],
  ['B<|im_end|>', 'B'],
  ['<answer>B</answer>', 'B'],
  ['<answer>(B)</answer>', 'B'],
  ['<answer>b</answer>', 'B'],
  ['<answer>B. blue</answer>', 'B'],
  ['<answer>The answer is B</answer>', 'B'],
  ['<answer>B', 'B'],
  // The letter with its option.
  ['B. blue', 'B'],
  ['B: blue', 'B'],
  ['B - blue', 'B'],
  ['(b) blue', 'B'],
  ['D) a blue ball', 'D'],
  ['**B. blue**', 'B'],
  ['E. He waves.', 'E'],
  // Prefixes.
  ['Answer: B', 'B'],
  ['**Answer:** B', 'B'],
  ['The answer is B', 'B'],
  ['The correct option is (C).', 'C'],
  ['Option B', 'B'],
  ['option C is right', 'C'],
  ['The best answer is: D) a blue ball', 'D'],
  ['答案是B', 'B'],
  ['选C', 'C'],
  ['Final answer: $\\boxed{B}$', 'B'],
  // Sentences.
  ['I think the answer is B, not C.', 'B'],
  ['The answer is B. Option C is wrong.', 'B'],
  ['I would choose C because A man cannot be seen.', 'C'],
  ['A man picks the ball up, so B is correct.', 'B'],
  ['B, because the ball stays blue.', 'B'],
  ['B\n\nThe ball is blue from the start.', 'B'],
  // The option's own words.
  ['blue', 'B'],
  ['Blue.', 'B'],
  ['a blue ball', 'D'],
  ['It is "green"', 'C'],
  ['The colour of the car is red.', 'A'],
  ['he waves', 'E'],
  // JSON.
  ['{"answer": "B"}', 'B'],
  ['{"answer": "B. blue", "reason": "A is wrong"}', 'B'],
  ['{"choice": "green"}', 'C'],
  ['["B"]', 'B'],
  ['```json\n{"option": "D"}\n```', 'D'],
  // The last answer; thoughts.
  ['<answer>B</answer>\nNo, look again.\n<answer>C</answer>', 'C'],
  ['<think>A? Or <answer>B</answer>?</think>C', 'C'],
  ['It might be A.\n</think>\nB', 'B'],
  [thought('A or B', 'B'), 'B'],
  [thought('A or B', ''), 'only thinking'],
  // Cut off.
  [cut('<answer>B</answer> because the'), 'B'],
  [cut('Answer: B. The ball is'), 'B'],
  [cut('A. would need a red car, which'), 'cut off'],
  [cut('Let me see. A'), 'cut off'],
  [cut('<think>A'), 'cut off'],
  [cut('<answer>'), 'cut off'],
  // Nothing to read.
  ['', 'no answer'],
  ['None of the above', 'no answer'],
  ['I cannot tell.', 'no answer'],
  ['A or B', 'unclear'],
  ['A, C', 'unclear'],
  ['B and C', 'unclear'],
  ['Z', 'no such option'],
  ['<answer>F</answer>', 'no such option'],
]
