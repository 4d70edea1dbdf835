import type { RecordedReply } from '../../../tasks/index.ts'
import { cut, thought } from './said.ts'

export const options = ['red', 'blue', 'green']

/** Replies to "which, and when?" as models write them, each with its reading; a half that is missing is left out. */
export const table: ReadonlyArray<readonly [reply: RecordedReply, reading: string]> = [
  // The form that is asked for, and near it.
  ['<answer>B</answer><glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['<answer>B</answer>\n<glue>[(1.0, 2.5), (7.0, 9.0)]</glue>\n', 'B 1-2.5, 7-9'],
  ['<answer>B</answer><glue>[[1.0, 2.5], [7.0, 9.0]]</glue>', 'B 1-2.5, 7-9'],
  ['<answer>B</answer><glue>1.0 to 2.5</glue>', 'B 1-2.5'],
  ['<answer>B</answer><glue>[(00:01, 00:03)]</glue>', 'B 1-3'],
  ['<answer>B</answer><glue>(1.0s – 2.5s)</glue>', 'B 1-2.5'],
  ['<answer>(b) blue</answer><glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['<answer>blue</answer><glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['<answer>B.</answer><glue>[(1.0,2.5),]</glue>', 'B 1-2.5'],
  ['<glue>[(1.0, 2.5)]</glue><answer>B</answer>', 'B 1-2.5'],
  ['B <glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['<answer>B</answer><glue>[]</glue>', 'B '],
  ['<answer>B</answer><glue>none</glue>', 'B '],
  ['<answer>B</answer><glue>[(1.0, 2.5)]</glue><|im_end|>', 'B 1-2.5'],
  ['**<answer>B</answer>** **<glue>[(1.0, 2.5)]</glue>**', 'B 1-2.5'],
  // Letter and time in one line.
  ['B, 1.0 to 2.5', 'B 1-2.5'],
  ['B (1.0 - 2.5)', 'B 1-2.5'],
  ['B. blue (1.0 - 2.5 seconds)', 'B 1-2.5'],
  ['<answer>B, 1.0 to 2.5</answer>', 'B 1-2.5'],
  ['<answer>B</answer> 1.0 to 2.5', 'B 1-2.5'],
  ['<answer>B</answer> (00:01 - 00:03)', 'B 1-3'],
  ['<answer>B</answer> from 1.0 s to 2.5 s and from 7.0 s to 9.0 s', 'B 1-2.5, 7-9'],
  ['Option C, shown from 0:07 to 0:09', 'C 7-9'],
  // Lines and sentences.
  ['Answer: B\nTime: 00:01 - 00:03', 'B 1-3'],
  ['**Answer:** B\n**Time range:** 1.0s – 2.5s', 'B 1-2.5'],
  ['Answer: (C)\nEvidence: [7.0, 9.0]', 'C 7-9'],
  ['The answer is B. Evidence: from 1.0s to 2.5s', 'B 1-2.5'],
  ['The correct option is C.\n\nIt can be seen between 7 and 9 seconds.', 'C 7-9'],
  ['B\n1.0 - 2.5\n7.0 - 9.0', 'B 1-2.5, 7-9'],
  ['答案是B，从1.0秒到2.5秒', 'B 1-2.5'],
  ['Ｂ，１．０－２．５', 'B 1-2.5'],
  // JSON.
  ['{"answer": "B", "windows": [[1.0, 2.5]]}', 'B 1-2.5'],
  ['{"answer": "B", "start": 1.0, "end": 2.5}', 'B 1-2.5'],
  ['{"option": "C", "segments": [{"start": "00:07", "end": "00:09"}]}', 'C 7-9'],
  ['```json\n{"answer": "B", "evidence": [{"start": 1.0, "end": 2.5}]}\n```', 'B 1-2.5'],
  ['{"answer": "B. blue", "time_range": "1.0 to 2.5"}', 'B 1-2.5'],
  ['{"answer": "B", "windows": []}', 'B '],
  ["{'answer': 'B', 'glue': [(1.0, 2.5)]}", 'B 1-2.5'],
  ['{"letter": "A", "intervals": [[1, 2], [3, 4]]}', 'A 1-2, 3-4'],
  // One half only.
  ['B', 'B'],
  ['<answer>B</answer>', 'B'],
  ['blue', 'B'],
  ['{"answer": "B"}', 'B'],
  ['<answer>B</answer><glue>at the end</glue>', 'B'],
  ['<answer>B</answer><glue>[(2.5, 1.0)]</glue>', 'B'],
  ['<glue>[(1.0, 2.5)]</glue>', '1-2.5'],
  ['<answer>E</answer><glue>[(1.0, 2.5)]</glue>', '1-2.5'],
  // The last answer; thoughts.
  ['<answer>A</answer><glue>[(0.0, 1.0)]</glue> No: <answer>B</answer><glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['<think>A, 0.0 to 1.0?</think><answer>B</answer><glue>[(1.0, 2.5)]</glue>', 'B 1-2.5'],
  ['A? <glue>[(0.0, 1.0)]</glue></think>B, 1.0 to 2.5', 'B 1-2.5'],
  [thought('A, 0.0 to 1.0', '<answer>B</answer><glue>[(1.0, 2.5)]</glue>'), 'B 1-2.5'],
  [thought('B, 1.0 to 2.5', ''), 'only thinking'],
  ['<think>B <glue>[(1.0, 2.5)]</glue>', 'only thinking'],
  // Cut off.
  [cut('<answer>B</answer><glue>[(1.0, 2.5)]</glue> bec'), 'B 1-2.5'],
  [cut('<answer>B</answer><glue>[(1.0, 2.5), (7.'), 'B'],
  [cut('<answer>B'), 'cut off'],
  [cut('The answer'), 'cut off'],
  [cut('<think><answer>B</answer><glue>[(1.0, 2.5)]</glue>'), 'cut off'],
  // Wrong, and said all the same.
  ['<answer>B</answer><glue>[(300, 450)]</glue>', 'B 300-450'],
  ['<answer>B</answer><glue>[(2.0, 2.0)]</glue>', 'B 2-2'],
  // Nothing to read.
  ['', 'no answer'],
  ['I cannot tell.', 'no answer'],
  ['A or B', 'unclear'],
]
