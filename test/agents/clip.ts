import type { Clip } from '../../video/index.ts'

const times = Float64Array.from({ length: 40 }, (_, index) => index / 2)

/** Twenty seconds at two frames a second, one pixel each. */
export const clip: Clip = {
  width: 1,
  height: 1,
  times,
  rgb: new Uint8Array(3 * times.length),
  blank: new Uint8Array(times.length),
  fps: 2,
  indices: Int32Array.from(times.keys()),
  info: { duration: 20 } as Clip['info'],
}
