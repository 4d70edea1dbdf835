import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contractTasks,
  endOf,
  expandTasks,
  readAccount,
  readAccountText,
  readQueue,
} from '../../../folds/executors/slurm-jobs.ts'

describe('ranges of array tasks', () => {
  it('expand as SLURM means them', () => {
    expect(expandTasks('0-3,7,8-12:2%4')).toEqual([0, 1, 2, 3, 7, 8, 10, 12])
    expect(expandTasks('')).toEqual([])
  })
  it('contract and expand to the same tasks', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), (tasks) => {
        expect(expandTasks(contractTasks(tasks))).toEqual(tasks.toSorted((a, b) => a - b))
      }),
    )
  })
})

// What SLURM 22.05 (data format 0.0.38) and 24.11 (0.0.42) write, cut down to some fields.
const queue22 = {
  jobs: [
    { array_job_id: 6, array_task_id: 0, array_task_string: '', job_state: 'RUNNING', exit_code: 0 },
    { array_job_id: 6, array_task_id: 1, array_task_string: '', job_state: 'FAILED', exit_code: 768 },
    { array_job_id: 6, array_task_id: 2, array_task_string: '', job_state: 'FAILED', exit_code: 9 },
    { array_job_id: 6, array_task_id: null, array_task_string: '3,5%3', job_state: 'PENDING', exit_code: 0 },
    { array_job_id: 0, array_task_id: null, array_task_string: '', job_state: 'RUNNING', exit_code: 0 },
  ],
}
const set = (number: number) => ({ set: true, infinite: false, number })
const exit24 = (status: string, code: number) => ({ status: [status], return_code: set(code) })
const queue24 = {
  jobs: [
    {
      ...{ array_job_id: set(6), array_task_id: set(1), array_task_string: '' },
      ...{ job_state: ['FAILED', 'COMPLETING'], exit_code: exit24('ERROR', 3) },
    },
    {
      ...{ array_job_id: set(6), array_task_id: { set: false, infinite: false, number: 0 } },
      ...{ array_task_string: '3,5%3', job_state: ['PENDING'], exit_code: exit24('SUCCESS', 0) },
    },
  ],
}
const account22 = {
  jobs: [
    {
      array: { job_id: 6, task_id: 0 },
      state: { current: 'COMPLETED', reason: 'None' },
      exit_code: { status: 'SUCCESS', return_code: 0 },
    },
    {
      array: { job_id: 6, task_id: 1 },
      state: { current: 'FAILED', reason: 'None' },
      exit_code: { status: 'SUCCESS', return_code: 0 },
    },
    {
      array: { job_id: 6, task_id: 2 },
      state: { current: 'FAILED', reason: 'None' },
      exit_code: { status: 'SIGNALED', return_code: null, signal: { signal_id: 9, name: 'Killed' } },
    },
    {
      array: { job_id: 0, task_id: null },
      state: { current: 'COMPLETED', reason: 'None' },
      exit_code: { status: 'SUCCESS', return_code: 0 },
    },
  ],
}

describe('what SLURM writes', () => {
  it('squeue --json of 22.05 and of 24.11', () => {
    expect(readQueue(queue22).filter(({ job }) => job === 6)).toEqual([
      { job: 6, task: 0, state: 'RUNNING', code: 0 },
      { job: 6, task: 1, state: 'FAILED', code: 3 },
      { job: 6, task: 2, state: 'FAILED', code: null },
      { job: 6, task: 3, state: 'PENDING', code: 0 },
      { job: 6, task: 5, state: 'PENDING', code: 0 },
    ])
    expect(readQueue(queue24)).toEqual([
      { job: 6, task: 1, state: 'FAILED', code: 3 },
      { job: 6, task: 3, state: 'PENDING', code: 0 },
      { job: 6, task: 5, state: 'PENDING', code: 0 },
    ])
  })

  it('sacct --json of 22.05, whose exit codes are not to be trusted, and of 24.11', () => {
    expect(readAccount(account22)).toEqual([
      { job: 6, task: 0, state: 'COMPLETED', code: 0 },
      { job: 6, task: 1, state: 'FAILED', code: null },
      { job: 6, task: 2, state: 'FAILED', code: null },
    ])
    const failed = {
      ...{ array: { job_id: 6, task_id: set(1) }, state: { current: ['FAILED'], reason: 'None' } },
      exit_code: exit24('ERROR', 3),
    }
    expect(readAccount({ jobs: [failed] })).toEqual([{ job: 6, task: 1, state: 'FAILED', code: 3 }])
  })

  it('sacct --parsable2', () => {
    const text =
      '6_0|COMPLETED|0:0\n6_1|FAILED|3:0\n6_2|FAILED|0:9\n6_[3-4]|PENDING|0:0\n6_5|CANCELLED by 0|0:0\n7|RUNNING|0:0\n'
    expect(readAccountText(text)).toEqual([
      { job: 6, task: 0, state: 'COMPLETED', code: 0 },
      { job: 6, task: 1, state: 'FAILED', code: 3 },
      { job: 6, task: 2, state: 'FAILED', code: null },
      { job: 6, task: 3, state: 'PENDING', code: 0 },
      { job: 6, task: 4, state: 'PENDING', code: 0 },
      { job: 6, task: 5, state: 'CANCELLED', code: 0 },
    ])
  })

  it('says what has ended and how', () => {
    const end = (state: string, code: number | null) => endOf({ job: 1, task: 0, state, code })
    expect(end('RUNNING', 0)).toBeNull()
    expect(end('COMPLETING', 0)).toBeNull()
    expect(end('COMPLETED', 0)).toMatchObject({ end: 'exited', code: 0 })
    expect(end('FAILED', 3)).toMatchObject({ end: 'exited', code: 3 })
    expect(end('FAILED', null)).toMatchObject({ end: 'lost' })
    expect(end('NODE_FAIL', 0)).toMatchObject({ end: 'lost', detail: 'SLURM: NODE_FAIL' })
    expect(end('CANCELLED', 0)).toMatchObject({ end: 'cancelled' })
  })
})
