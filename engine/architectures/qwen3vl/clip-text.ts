import { oneDecimal } from '../../../core/index.ts'

const pair = (time: number, tokens: number) =>
  `<${oneDecimal(time)} seconds><|vision_start|>${'<|video_pad|>'.repeat(tokens)}<|vision_end|>`

/** For each frame pair its time and as many video tokens as it has merged patches. */
export const clipText = (times: ReadonlyArray<number>, tokens: number): string =>
  times.map((time) => pair(time, tokens)).join('')
