/**
 * How raw replies are read. `lenient` understands what real models write; `strict` accepts the form that is asked for
 * and nothing else; the others are the readings of the named evaluators, kept as they were published.
 */
export const readers = [
  'lenient',
  'strict',
  'videochat-r1',
  'time-r1',
  'videomind',
  'actrep-r1',
  'dvd',
  'lmms-eval',
  'sparse-video-r1',
] as const
export type Reader = (typeof readers)[number]
