import type { Sample } from '../../core/index.ts'

/** A grounding sample of 20 s with one annotated window. */
export const sample: Sample = {
  id: 's',
  dataset: 'd',
  split: 'train',
  task: 'grounding',
  video: 'v',
  file: 'v.mp4',
  duration: 20,
  query: 'q',
  windows: [[4, 6]],
}
