import { readClip } from '../../video/read.ts'
import { numberOf } from './code.ts'

/** A clip and the number that each of its frames shows; null where none can be read. */
export const readNumbers = (path: string, ...rest: Tail<Parameters<typeof readClip>>) => {
  const clip = readClip(path, ...rest)
  const size = clip.width * clip.height * 3
  const numbers = Array.from(clip.times, (_, i) =>
    numberOf(clip.rgb.subarray(i * size, (i + 1) * size), clip.width, clip.height),
  )
  return { ...clip, numbers }
}

type Tail<A extends ReadonlyArray<unknown>> = A extends [unknown, ...infer Rest] ? Rest : never
