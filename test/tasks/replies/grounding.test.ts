import { describe, expect, it } from 'vitest'
import { type RecordedReply, readReply } from '../../../tasks/index.ts'
import { brief, cut, thought } from './said.ts'

/** Replies to "when does this happen?" as models write them, each with its reading. */
const table: ReadonlyArray<readonly [reply: RecordedReply, reading: string]> = [
  // The form that is asked for, and what surrounds it.
  ['<answer>12.0 to 15.3</answer>', '12-15.3'],
  ['<answer>none</answer>', 'none'],
  ['<answer> 12.0 To 15.3 </answer>\n', '12-15.3'],
  ['Here is what I found.\n\n<answer>12.0 to 15.3, 40.5 to 44.0</answer>', '12-15.3, 40.5-44'],
  ['<answer>12.0 to 15.3</answer><|im_end|>', '12-15.3'],
  ['<Answer>12.0 - 15.3</Answer>', '12-15.3'],
  ['<answer>12.0 to 15.3', '12-15.3'],
  ['<answer>1.0 to 2.0</answer>\nLet me look again.\n<answer>12.0 to 15.3</answer>', '12-15.3'],
  // Sentences.
  ['The event happens in 12.0 - 15.3 seconds.', '12-15.3'],
  ['From 12.0s to 15.3s', '12-15.3'],
  ['The dog jumps over the fence from 12.0 seconds to 15.3 seconds.', '12-15.3'],
  ['It starts at 12.0 seconds and ends at 15.3 seconds.', '12-15.3'],
  ['This can be seen between 12 and 15 seconds of the clip.', '12-15'],
  ['from the 12.0 second mark until the 15.3 second mark', '12-15.3'],
  ['Yes, she pours the milk from 12.0 to 15.3 seconds.', '12-15.3'],
  ['The clip lasts 60 seconds.\n\nThe man waves from 12.0 to 15.3 seconds.', '12-15.3'],
  ['It is first seen from 2.0 to 4.0 seconds. It is seen again from 8.0 to 9.5 seconds.', '2-4, 8-9.5'],
  ['Nothing happens from 0.0 to 12.0. The door is open from 12.0 to 15.3.', '0-12, 12-15.3'],
  ['It is not shown from 0.0 to 12.0 seconds. It is shown from 12.0 to 15.3 seconds.', '12-15.3'],
  ['The cat is not visible before 12.0; it is from 12.0 to 15.3 seconds.', '12-15.3'],
  // Dashes, tildes, arrows, words of other languages.
  ['12.0–15.3', '12-15.3'],
  ['12.0 — 15.3 s', '12-15.3'],
  ['12.0 −15.3', '12-15.3'],
  ['12.0 ~ 15.3', '12-15.3'],
  ['about ~12.0 s to ~15.3 s', '12-15.3'],
  ['12.0 → 15.3', '12-15.3'],
  ['12.0 .. 15.3', '12-15.3'],
  ['从12.0秒到15.3秒', '12-15.3'],
  ['１２．０ － １５．３', '12-15.3'],
  ['12,5 - 15,3', '12.5-15.3'],
  // Units and clock times.
  ['00:12 - 00:15', '12-15'],
  ['1:02:03.5 to 1:02:10', '3723.5-3730'],
  ['00:00:12,500 --> 00:00:15,300', '12.5-15.3'],
  ['1 min 5 s - 1 min 10.5 s', '65-70.5'],
  ['2 - 3 minutes', '120-180'],
  ['75.0 s (1:15) to 80.0 s (1:20)', '75-80'],
  ['12000 ms to 15300 ms', '12-15.3'],
  ['<12.0 seconds> to <15.3 seconds>', '12-15.3'],
  ['t = 12.0 to t = 15.3', '12-15.3'],
  // Markup, boxes, fences, JSON.
  ['**12.0 – 15.3 seconds**', '12-15.3'],
  ['**Answer:** 12.0 to 15.3', '12-15.3'],
  ['The final answer is $\\boxed{12.0 \\text{ to } 15.3}$.', '12-15.3'],
  ['[12.0, 15.3]', '12-15.3'],
  ['[[12.0, 15.3], [40.5, 44.0]]', '12-15.3, 40.5-44'],
  ['(12.0, 15.3), (40.5, 44.0)', '12-15.3, 40.5-44'],
  ['12.0, 15.3', '12-15.3'],
  ['{"start": 12.0, "end": 15.3}', '12-15.3'],
  ['```json\n[\n  {"start": "00:12", "end": "00:15", "label": "two dogs run"}\n]\n```', '12-15'],
  ['{"segments": [{"start_time": 12.0, "end_time": 15.3, "score": 0.9}]}', '12-15.3'],
  ["{'startTime': 12.0, 'endTime': 15.3}", '12-15.3'],
  ['{"start": 1, "end": 2}\n{"start": 3, "end": 4}', '1-2, 3-4'],
  ['{"timestamp": "00:12-00:15", "event": "jump 3 times"}', '12-15'],
  ['{"answer": "none"}', 'none'],
  ['{"windows": []}', 'none'],
  ['<answer>[12.0, 15.3]</answer>', '12-15.3'],
  // Several windows.
  ['12.0 to 15.3; 40.5 to 44.0', '12-15.3, 40.5-44'],
  ['12.0 - 15.3 and 40.5 - 44.0', '12-15.3, 40.5-44'],
  ['12.0s–15.3s, 20.0s–22.0s, and 40.5s–44.0s', '12-15.3, 20-22, 40.5-44'],
  ['1. 12.0 - 15.3\n2. 40.5 - 44.0', '12-15.3, 40.5-44'],
  ['- 00:12 to 00:15\n- 00:40 to 00:44', '12-15, 40-44'],
  ['12.0 to 15.3\n\n40.5 to 44.0', '12-15.3, 40.5-44'],
  // None.
  ['None', 'none'],
  ['none.', 'none'],
  ['Not present', 'none'],
  ['N/A', 'none'],
  ['[]', 'none'],
  ['没有', 'none'],
  ['This event does not occur in the video.', 'none'],
  ['The woman never opens the window.', 'none'],
  ['The action is not present between 0.0 and 30.0 seconds.', 'none'],
  // Thoughts.
  ['<think>maybe <answer>1 to 2</answer>?</think>\n<answer>12.0 to 15.3</answer>', '12-15.3'],
  ['Let me watch. From 1 to 2 he sits.\n</think>\n\n12.0 to 15.3', '12-15.3'],
  [thought('it could be 1.0 to 2.0', '12.0 to 15.3'), '12-15.3'],
  ['◁think▷1.0 to 2.0◁/think▷none', 'none'],
  [thought('1.0 to 2.0, I guess', ''), 'only thinking'],
  ['<think>1.0 to 2.0', 'only thinking'],
  // Cut off.
  [cut('<think>so <answer>12.0 to 15.3</answer>'), 'cut off'],
  [cut('', 'he sits down at 1.0'), 'cut off'],
  [cut('<answer>12.0 to 15.3, 40'), 'cut off'],
  [cut('It happens from 12.0 to 15.3'), 'cut off'],
  [cut('<answer>12.0 to 15.3</answer> This is because'), '12-15.3'],
  [cut('```json\n[{"start": 12.0, "end": 15.3}]\n```\nThe'), '12-15.3'],
  [cut('```json\n[{"start": 12.0, "end"'), 'cut off'],
  // Wrong, and said all the same: frame numbers, milliseconds, an instant.
  ['300 to 450', '300-450'],
  ['12000 to 15300', '12000-15300'],
  ['12.0 to 12.0', '12-12'],
  // Nothing to read.
  ['', 'no answer'],
  ['I am sorry, I cannot see the video.', 'no answer'],
  ['It happens at 12.0 seconds.', 'no answer'],
  ['15.3 to 12.0', 'reversed window'],
  ['1.0 to 2.0 to 3.0', 'unclear'],
  ['<answer>12.0 to 15.3, 40.5</answer>', 'unclear'],
]

describe('replies about when', () => {
  it('are as many as they should be', () => expect(table.length).toBeGreaterThanOrEqual(60))
  it.each(table)('%j says %s', (reply, reading) =>
    expect(brief(readReply({ task: 'grounding' }, reply))).toBe(reading),
  )
})
