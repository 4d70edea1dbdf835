import { Effect } from 'effect'
import { z } from 'zod'
import type { InputError } from '../core/index.ts'
import type { Collector } from './collect.ts'
import { csvOf } from './csv.ts'
import type { AnnotationFile } from './files.ts'
import { jsonRows } from './jsonl.ts'

/** One video of ActRep-R1's list: which action it shows and how often. */
export interface ActRepRow {
  readonly line: number
  readonly video: string
  readonly split: string
  readonly action: string
  readonly count: number
  /** Its written chain of thought, for supervised fine-tuning. */
  readonly cot?: string
}

const count = z.int().nonnegative().max(999_999_999)
const cells = z.object({
  video: z.string().min(1),
  split: z.string(),
  action: z.string().min(1),
  count: z
    .string()
    .regex(/^\s*\d{1,9}\s*$/, 'expected a whole number')
    .transform(Number),
})
/** One line of its JSON lines. */
export const actRepObject = z
  .object({
    video_id: z.string().min(1),
    split: z.string().optional(),
    action: z.string().min(1).optional(),
    gt_count: count.optional(),
    cot: z.string().nullish(),
    ground_truth: z.object({ action: z.string().min(1), count }).optional(),
  })
  .transform(({ video_id, split, action, gt_count, ground_truth, cot }, context) => {
    const known = { action: action ?? ground_truth?.action, count: gt_count ?? ground_truth?.count }
    if (known.action === undefined || known.count === undefined) {
      context.addIssue({ code: 'custom', message: 'neither action and gt_count nor ground_truth' })
      return z.NEVER
    }
    if (ground_truth !== undefined && ground_truth.count !== known.count) {
      context.addIssue({
        code: 'custom',
        message: `gt_count is ${known.count}, and ground_truth.count ${ground_truth.count}`,
      })
      return z.NEVER
    }
    return {
      ...{ video: video_id, split: split ?? 'train', action: known.action, count: known.count },
      ...(cot == null || cot.trim() === '' ? {} : { cot }),
    }
  })

/**
 * ActRep-R1's input (yicheng-2019/ActRep-R1). CSV by position, `video_id,split,action,count`, a header is optional and
 * further columns are ignored; or JSON lines with `gt_count`, or the older `ground_truth`. A missing split is
 * `train`. Rows that its reader skips silently are problems here, except the header.
 */
export const actRepRows = Effect.fnUntraced(function* (
  source: AnnotationFile,
  into: Collector,
): Effect.fn.Return<ReadonlyArray<ActRepRow>, InputError> {
  if (source.name.endsWith('.jsonl'))
    return (yield* jsonRows(source, actRepObject, into)).map(({ line, row }) => ({ line, ...row }))
  const rows: Array<ActRepRow> = []
  for (const [index, record] of (yield* csvOf(source)).entries()) {
    if (record.problem !== undefined) {
      into.unread(source.path, record.line, record.problem)
      continue
    }
    const [video, split, action, times] = record.cells
    if (index === 0 && !/^\s*\d+\s*$/.test(times ?? '') && /video/i.test(video ?? '')) continue
    const row = into.row(source.path, record.line, cells, {
      video,
      split: split?.trim() === '' ? 'train' : split?.trim(),
      action,
      count: times,
    })
    if (row !== null) rows.push({ line: record.line, ...row })
  }
  return rows
})
