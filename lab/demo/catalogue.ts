import { countingDemo } from './counting.ts'
import { groundedQaDemo } from './grounded-qa.ts'
import { groundingDemo } from './grounding.ts'
import { seekDemo } from './seek.ts'
import type { TaskDemo } from './task-demo.ts'

/** Every demo, by the name of `--task`. A new one is one file and one line here. */
export const demos = {
  grounding: groundingDemo,
  counting: countingDemo,
  seek: seekDemo,
  gqa: groundedQaDemo,
} as const satisfies {
  readonly [task: string]: TaskDemo
}
