import { z } from 'zod'
import type { Ended } from './executor.ts'

/** One task of a job array as reported by SLURM. */
export interface ArrayTask {
  /** Number of the array job. */
  readonly job: number
  readonly task: number
  /** The first word of its state, e.g. `NODE_FAIL`. */
  readonly state: string
  /** Exit code; null if a signal ended it or SLURM does not report one. */
  readonly code: number | null
}

/** Numbers are plain up to data format 0.0.39, and objects that say whether they are set from 0.0.40 on. */
const number = z
  .union([
    z.number().nullable(),
    z
      .object({ set: z.boolean(), infinite: z.boolean().optional(), number: z.number().optional() })
      .transform(({ set, infinite, number }) => (set && infinite !== true ? (number ?? null) : null)),
  ])
  .optional()
  .transform((value) => value ?? null)

/** States are one word in older formats, a list with flags such as `COMPLETING` after it in newer ones. */
const state = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? value : value[0]!).split(' ')[0]!)

const exit = z.object({
  status: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  return_code: number,
})

const queueSchema = z.object({
  jobs: z.array(
    z.object({
      array_job_id: number,
      array_task_id: number,
      array_task_string: z.string().nullish(),
      job_state: state,
      /** The status of wait(2) in older formats. */
      exit_code: z.union([z.number(), exit]),
    }),
  ),
})

const accountSchema = z.object({
  jobs: z.array(
    z.object({
      array: z.object({ job_id: number, task_id: number }),
      state: z.object({ current: state }),
      exit_code: exit,
    }),
  ),
})

/** The tasks that `0-3,7,8-12:2%4` names. */
export const expandTasks = (text: string): ReadonlyArray<number> =>
  text
    .split('%')[0]!
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [bounds, step = '1'] = range.split(':')
      const [from, to = from] = bounds!.split('-')
      const count = Math.floor((Number(to) - Number(from)) / Number(step)) + 1
      return Array.from({ length: count }, (_, i) => Number(from) + i * Number(step))
    })

/** The ranges that name these tasks: `0-3,7`. */
export const contractTasks = (tasks: ReadonlyArray<number>): string => {
  const ranges: Array<[number, number]> = []
  for (const task of tasks.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && task === last[1] + 1) last[1] = task
    else ranges.push([task, task])
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',')
}

const codeOf = (value: z.output<typeof exit> | number): number | null => {
  if (typeof value === 'number') return (value & 0x7f) === 0 ? value >> 8 : null
  const status = typeof value.status === 'string' ? value.status : value.status?.[0]
  return status === 'SIGNALED' ? null : value.return_code
}

/** `squeue --json`, every array task separately: pending ones share one entry. */
export const readQueue = (json: unknown): ReadonlyArray<ArrayTask> =>
  queueSchema.parse(json).jobs.flatMap((entry) => {
    const { array_job_id: job, array_task_id: task, array_task_string: tasks } = entry
    if (job === null) return []
    const named = task === null ? expandTasks(tasks ?? '') : [task]
    return named.map((task) => ({ job, task, state: entry.job_state, code: codeOf(entry.exit_code) }))
  })

/**
 * `sacct --json`. SLURM 22.05 writes return code 0 for every job that failed by its exit code, so a failure with code 0
 * has none here; `--parsable2` reports it.
 */
export const readAccount = (json: unknown): ReadonlyArray<ArrayTask> =>
  accountSchema.parse(json).jobs.flatMap(({ array, state, exit_code }) => {
    const code = codeOf(exit_code)
    return array.job_id === null || array.task_id === null
      ? []
      : [
          {
            job: array.job_id,
            task: array.task_id,
            state: state.current,
            code: state.current === 'FAILED' && code === 0 ? null : code,
          },
        ]
  })

/** `sacct --allocations --parsable2 --noheader --format=JobID,State,ExitCode`: lines such as `6_1|FAILED|3:0`. */
export const readAccountText = (text: string): ReadonlyArray<ArrayTask> =>
  text.split('\n').flatMap((line) => {
    const match = /^(\d+)_(?:(\d+)|\[([^\]]+)\])\|([A-Z_]+)[^|]*\|(\d+):(\d+)$/.exec(line.trim())
    if (match === null) return []
    const [, job, task, tasks, state, code, signal] = match
    const named = task === undefined ? expandTasks(tasks!) : [Number(task)]
    return named.map((task) => ({
      job: Number(job),
      task,
      state: state!,
      code: signal === '0' ? Number(code) : null,
    }))
  })

/** How a task ended, or null while it has not (JOB STATE CODES of squeue's manual). */
export const endOf = ({ state, code }: ArrayTask): Pick<Ended, 'end' | 'code' | 'detail'> | null => {
  switch (state) {
    case 'COMPLETED':
      return { end: 'exited', code: 0, detail: '' }
    case 'FAILED':
      return code === null || code === 0
        ? { end: 'lost', code: null, detail: 'SLURM: FAILED' }
        : { end: 'exited', code, detail: '' }
    case 'CANCELLED':
      return { end: 'cancelled', code: null, detail: 'SLURM: CANCELLED' }
    case 'BOOT_FAIL':
    case 'DEADLINE':
    case 'LAUNCH_FAILED':
    case 'NODE_FAIL':
    case 'OUT_OF_MEMORY':
    case 'PREEMPTED':
    case 'RECONFIG_FAIL':
    case 'REVOKED':
    case 'TIMEOUT':
      return { end: 'lost', code: null, detail: `SLURM: ${state}` }
    default:
      return null
  }
}
