import { describe, expect, it } from 'vitest'
import { type RecordedReply, readYesNo, replyOf } from '../../../tasks/index.ts'
import { brief, cut, thought } from './said.ts'

/** Replies to "does this show ...? Yes or No" as models write them, each with its reading. */
const table: ReadonlyArray<readonly [reply: RecordedReply, reading: string]> = [
  // The words alone.
  ['Yes', 'yes'],
  ['No', 'no'],
  ['yes.', 'yes'],
  ['NO!', 'no'],
  [' no\n', 'no'],
  ['"No"', 'no'],
  ['(Yes)', 'yes'],
  ['Ｎｏ', 'no'],
  ['Yep', 'yes'],
  ['Nope.', 'no'],
  ['True', 'yes'],
  ['false', 'no'],
  ['No<|im_end|>', 'no'],
  // Markup and prefixes.
  ['**No**', 'no'],
  ['`Yes`', 'yes'],
  ['- No', 'no'],
  ['### No', 'no'],
  ['Answer: No', 'no'],
  ['**Answer:** Yes', 'yes'],
  ['Final answer: **No**', 'no'],
  ['The answer is no.', 'no'],
  ['My answer is: "Yes"', 'yes'],
  ['<answer>No</answer>', 'no'],
  ['<answer>\nyes\n</answer>', 'yes'],
  ['<answer>Yes</answer>\nOn second thought:\n<answer>No</answer>', 'no'],
  ['$\\boxed{\\text{No}}$', 'no'],
  ['Yes or No: No', 'no'],
  ['Yes/No: Yes', 'yes'],
  // JSON.
  ['{"answer": "no"}', 'no'],
  ['{"present": false}', 'no'],
  ['{"Answer": "Yes", "confidence": 0.8}', 'yes'],
  ['```json\n{"answer": "No", "reason": "Yes would need a dog."}\n```', 'no'],
  ['[true]', 'yes'],
  // Sentences.
  ['Yes, the man opens the door.', 'yes'],
  ['No, there is only a cat on the sofa.', 'no'],
  ['No - the ball stays still.', 'no'],
  ['No such event is visible.', 'no'],
  ['Yes\n\nThe frames show a woman who pours milk.', 'yes'],
  ['The frames show a cat. Therefore, no.', 'no'],
  ['A man walks in and sits down. So the answer is yes.', 'yes'],
  ['From what can be seen here, no.', 'no'],
  ['I think yes.', 'yes'],
  ['Yes, a dog is there. However, it does not jump. Final answer: No', 'no'],
  // Other languages.
  ['是', 'yes'],
  ['是的，画面中有一只狗。', 'yes'],
  ['否', 'no'],
  ['不是', 'no'],
  ['没有。', 'no'],
  ['答案：否', 'no'],
  ['Oui.', 'yes'],
  ['Nein', 'no'],
  ['はい', 'yes'],
  // Thoughts.
  ['<think>Yes? The door stays shut.</think>No', 'no'],
  ['There is a door. Yes, it opens.\n</think>\n\nYes', 'yes'],
  [thought('No, wait, it does.', 'Yes'), 'yes'],
  [thought('No, I think.', ''), 'only thinking'],
  [cut('<think>Yes, he'), 'cut off'],
  // Cut off.
  [cut('Yes, the video shows a'), 'yes'],
  [cut('No. The'), 'no'],
  [cut('No'), 'cut off'],
  [cut('The video shows a man who'), 'cut off'],
  [cut('<answer>No</answer> because'), 'no'],
  // Nothing to read.
  ['', 'no answer'],
  ['unable to determine', 'no answer'],
  ['Not sure', 'no answer'],
  ['No idea.', 'no answer'],
  ['No way to tell', 'no answer'],
  ['Yes and no', 'no answer'],
  ['不确定', 'no answer'],
  ['maybe', 'no answer'],
  ['yesterday', 'no answer'],
  ['Nobody can be seen well enough.', 'no answer'],
  ['The video shows a man opening a door.', 'no answer'],
]

describe('replies to yes or no', () => {
  it('are as many as they should be', () => expect(table.length).toBeGreaterThanOrEqual(60))
  it.each(table)('%j says %s', (reply, reading) => expect(brief(readYesNo(replyOf(reply)))).toBe(reading))
})
