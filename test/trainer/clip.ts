import type { Clip } from '../../video/index.ts'

/** A grey clip of `frames` frames of 32 x 32 pixels at 2 frames a second. */
export const grayClip = (frames: number): Clip => ({
  width: 32,
  height: 32,
  times: Float64Array.from({ length: frames }, (_, i) => i / 2),
  rgb: new Uint8Array(frames * 32 * 32 * 3).fill(200),
  blank: new Uint8Array(frames),
  fps: 2,
  indices: Int32Array.from({ length: frames }, (_, i) => i * 4),
  info: {
    path: 'v.mp4',
    duration: frames / 2,
    fps: 8,
    width: 32,
    height: 32,
    rotation: 0,
    frames: frames * 4,
    variableFrameRate: false,
    codec: 'h264',
  },
})
