import { z } from 'zod'
import { cellSchema, windowSchema, windowsSchema } from './common.ts'

/** One window of a lane with what is known of it; absent fields do not apply to the lane. */
export const intervalSchema = z.object({
  start: z.number(),
  end: z.number(),
  /** Replies that proposed it. */
  votes: z.number().optional(),
  /** P(yes) of the verification, 0 to 1; null where no reply could be read. */
  yes: z.number().nullable().optional(),
  /** Whether it was accepted. */
  accepted: z.boolean().optional(),
})
export type Interval = z.output<typeof intervalSchema>

/** Kinds of lanes in the order in which they are drawn. */
export const laneKinds = [
  'annotated',
  'true',
  'proposals',
  'verified',
  'curated',
  'review',
  'rollout',
  'prediction',
  'masked',
  'frames',
] as const
export type LaneKind = (typeof laneKinds)[number]

/** A lane of the time line: windows, or points in time (`ticks`). */
export const laneSchema = z.object({
  /** Unique in its sample and the same at every load. */
  id: z.string(),
  kind: z.enum(laneKinds),
  /** Short text for people, e.g. `rollout 3` or the name of a model or reviewer. */
  label: z.string(),
  intervals: z.array(intervalSchema).readonly(),
  /** Points in time, seconds: frames that the model saw. */
  ticks: z.array(z.number()).readonly(),
  /** IoU of the windows, as a set of time, with the annotated ones; null where there is none. */
  iou: z.number().nullable(),
  /** What a reply said: an answer, "none", or unreadable; null where the lane is not a reply. */
  outcome: z.enum(['answer', 'none', 'unreadable']).nullable(),
})
export type Lane = z.output<typeof laneSchema>

/** A part of a reply that was read, by characters from 0, end excluded. */
export const spanSchema = z.object({
  from: z.number(),
  to: z.number(),
  kind: z.enum(['thought', 'answer', 'window', 'word']),
})
export type Span = z.output<typeof spanSchema>

export const replySchema = z.object({
  text: z.string(),
  /** Thoughts that the server delivered apart from the text. */
  reasoning: z.string().nullable(),
  /** In the order of the text, not overlapping except that a `window` or `word` may be inside an `answer`. */
  spans: z.array(spanSchema).readonly(),
  outcome: z.enum(['answer', 'none', 'unreadable']),
  /** What was read, for people; null where unreadable. */
  read: z.string().nullable(),
  finish: z.string().nullable(),
})
export type Reply = z.output<typeof replySchema>

/** One question to the model with its replies. */
export const exchangeSchema = z.object({
  id: z.string(),
  agent: z.string(),
  /** For people: `reflect`, `verify 3.0 to 5.0 s`, `rollouts`. */
  title: z.string(),
  /** The question as sent, after the frames. */
  question: z.string(),
  /** True times of the frames that were shown, seconds. */
  times: z.array(z.number()).readonly(),
  /** Time that was blanked, seconds. */
  hidden: windowsSchema,
  /** Log-probabilities of given replies, where the server tells: `Yes` and `No` of a verification. */
  logProbs: z.array(z.object({ reply: z.string(), logProb: z.number() })).readonly(),
  replies: z.array(replySchema).readonly(),
})
export type Exchange = z.output<typeof exchangeSchema>

/** One agent's verdict of a sample. */
export const verdictSchema = z.object({
  agent: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
  /** The agent's own columns: score, difficulty, band, ... */
  columns: z.record(z.string(), cellSchema),
})
export type Verdict = z.output<typeof verdictSchema>

/** `GET /api/runs/RUN/samples/KEY?step=N&training=RUN` (both optional: adds the lane of masked frames). */
export const sampleSchema = z.object({
  key: z.string(),
  sample: z.string(),
  dataset: z.string(),
  split: z.string(),
  task: z.string(),
  query: z.string(),
  /** Answer options of a question, if it has any, and the right answer. */
  options: z.array(z.string()).readonly().nullable(),
  answer: z.string().nullable(),
  video: z.object({
    /** Identifier in the dataset. */
    id: z.string(),
    /** Whether the server finds the file; else only the lanes can be shown. */
    found: z.boolean(),
    /** Why not, and what to do; null where it is found. */
    problem: z.string().nullable(),
    /** MIME type of `.../video`; null where no browser plays the container, and frames are to be shown. */
    type: z.string().nullable(),
  }),
  /** Seconds; null where nobody has measured it. */
  duration: z.number().nullable(),
  windows: windowsSchema.nullable(),
  verdicts: z.array(verdictSchema).readonly(),
  lanes: z.array(laneSchema).readonly(),
  exchanges: z.array(exchangeSchema).readonly(),
  /** Other samples of the same video: key and query. */
  siblings: z.array(z.object({ key: z.string(), query: z.string() })).readonly(),
})
export type SampleDetail = z.output<typeof sampleSchema>

/** `GET /api/runs/TRAINING/mask?key=KEY&step=N`: which frames a training step hides of a sample. */
export const maskSchema = z.object({
  step: z.number(),
  /** Share of hidable frames that the schedule hides at this step. */
  ratio: z.number(),
  frames: z.array(z.object({ time: z.number(), hidden: z.boolean() })).readonly(),
  /** Time around the windows that is never hidden. */
  margin: z.number(),
})
export type Mask = z.output<typeof maskSchema>

/** `GET .../samples/KEY/strip?count=N`: times of evenly spaced frames; each is `.../samples/KEY/frame?time=T&width=W` as JPEG. */
export const stripSchema = z.object({
  times: z.array(z.number()).readonly(),
  window: windowSchema,
  /** Mean frames per second, for steps of one frame. */
  fps: z.number(),
})
export type Strip = z.output<typeof stripSchema>
