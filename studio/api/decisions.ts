import { z } from 'zod'
import { decisionKinds, isReviewer } from '../../reviews/index.ts'
import { keySchema, windowSchema } from './common.ts'

/** A reviewer's name as it is compared: spaces around it and its Unicode form do not matter. */
export const nameSchema = z.string().trim().normalize('NFC')

/** A name that can be a file's: it names the reviewer's log in the run. */
export const reviewerSchema = nameSchema.refine(isReviewer, {
  error:
    'a reviewer name has letters, digits, spaces, ".", "_" and "-" only, 64 at most, and no "." at its ends',
})

const windows = z
  .array(
    windowSchema.refine(([start, end]) => start >= 0 && end > start, {
      error: 'a window has its start before its end',
    }),
  )
  .readonly()

/** `POST /api/runs/RUN/decisions`. A later decision of a reviewer about a sample replaces the earlier one. */
export const decideSchema = z
  .strictObject({
    reviewer: reviewerSchema,
    key: keySchema,
    decision: z.enum(decisionKinds),
    /** Required for `repair`, absent otherwise; an empty list says that the query never holds. */
    windows: windows.optional(),
    note: z.string().max(4000).optional(),
  })
  .check(({ value, issues }) => {
    if ((value.decision === 'repair') !== (value.windows !== undefined))
      issues.push({
        code: 'custom',
        input: value,
        path: ['windows'],
        message: 'come with "repair" and only then',
      })
    if (value.decision === 'note' && (value.note ?? '').trim() === '')
      issues.push({ code: 'custom', input: value, path: ['note'], message: 'is empty' })
  })
export type Decide = z.output<typeof decideSchema>

/** `POST /api/runs/RUN/undo`: takes back the reviewer's latest decision, of this sample where `key` is given. */
export const undoSchema = z.strictObject({ reviewer: reviewerSchema, key: keySchema.optional() })
export type Undo = z.output<typeof undoSchema>

/** What one reviewer says of one sample at present. */
export const decisionSchema = z.object({
  id: z.string(),
  reviewer: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  key: z.string(),
  sample: z.string(),
  decision: z.enum(decisionKinds),
  /** Windows before (as annotated) and after; null where the sample has none or is rejected. */
  before: z.array(windowSchema).readonly().nullable(),
  after: z.array(windowSchema).readonly().nullable(),
  note: z.string().nullable(),
})
export type Decision = z.output<typeof decisionSchema>

/** What `curate --reviews use` takes of a sample: the rule over all of its reviewers. */
export const mergedSchema = z.object({
  key: z.string(),
  /** `conflict`: as many reviewers reject it as keep it; the agents then decide. */
  decision: z.enum(['accept', 'reject', 'repair', 'conflict']),
  windows: z.array(windowSchema).readonly().nullable(),
  reviewers: z.array(z.string()).readonly(),
})
export type Merged = z.output<typeof mergedSchema>

/** The answer to both posts: the present state of the sample concerned; null where nothing was left to undo. */
export const decidedSchema = z.object({
  key: z.string().nullable(),
  decision: decisionSchema.nullable(),
  merged: mergedSchema.nullable(),
})
export type Decided = z.output<typeof decidedSchema>

/** Agreement of two reviewers over the samples that both decided about. */
export const agreementSchema = z.object({
  a: z.string(),
  b: z.string(),
  samples: z.number(),
  /** Mean IoU of their windows as sets of time, over samples that both keep; null where there are none. */
  setIou: z.number().nullable(),
  /** Cohen's kappa of keeping (accept or repair) against rejecting; null where it is undefined. */
  kappa: z.number().nullable(),
  /** Share of samples on which both keep or both reject. */
  agreed: z.number(),
})
export type Agreement = z.output<typeof agreementSchema>

/** `GET /api/runs/RUN/decisions?key=KEY` (all samples without `key`; at most the 1000 latest). */
export const decisionsSchema = z.object({
  decisions: z.array(decisionSchema).readonly(),
  merged: z.array(mergedSchema).readonly(),
  /** Samples by merged decision. */
  counts: z.record(z.string(), z.number()),
  reviewers: z.array(z.object({ name: z.string(), decisions: z.number() })).readonly(),
  agreement: z.array(agreementSchema).readonly(),
})
export type Decisions = z.output<typeof decisionsSchema>

/** `GET /api/runs/RUN/queue?reviewer=NAME&limit=N&view=VIEW`: what to look at next, most uncertain first. */
export const queueSchema = z.object({
  items: z
    .array(
      z.object({
        key: z.string(),
        sample: z.string(),
        query: z.string(),
        /** 0 to 1. */
        uncertainty: z.number(),
        /** Why it is uncertain, for people. */
        reason: z.string(),
      }),
    )
    .readonly(),
  /** Samples that this reviewer has not decided about. */
  left: z.number(),
  decided: z.number(),
})
export type Queue = z.output<typeof queueSchema>
