import { unknown } from './families/general.ts'
import { gemini, gpt, internVl } from './families/hosted.ts'
import { qwen2Vl, qwen3Vl, qwen25Vl, qwen35 } from './families/qwen.ts'
import { shapes } from './families/shapes.ts'
import type { Family } from './family.ts'

/** Every family, the more specific first; the last matches everything. */
export const families: ReadonlyArray<Family> = [
  shapes,
  qwen3Vl,
  qwen35,
  qwen25Vl,
  qwen2Vl,
  internVl,
  gemini,
  gpt,
  unknown,
]
