import { describe, expect, it } from 'vitest'
import { handedOn } from '../../cli/folds/handed.ts'
import type { FoldReport } from '../../folds/index.ts'
import { metricsText } from '../../pipelines/folds/prometheus.ts'
import { statusTable, timeLeft, totalOf } from '../../pipelines/folds/report.ts'

const none = { kept: 0, dropped: 0, failed: 0, absent: 0, rate: null, eta: null, failures: {}, endpoints: [] }
const reports: ReadonlyArray<FoldReport> = [
  {
    ...{ ...none, fold: { index: 0, start: 0, end: 100 }, state: 'done', planned: 99, done: 99 },
    ...{ kept: 90, dropped: 7, failed: 1, absent: 1, failures: { truncated: 1, missing: 1 }, holder: null },
  },
  {
    ...{ ...none, fold: { index: 1, start: 100, end: 200 }, state: 'running', planned: 100, done: 40 },
    ...{ rate: 2, eta: 30, holder: { pid: 7, host: 'n1' }, failures: { 'model timeout': 2 }, failed: 2 },
    endpoints: [
      {
        ...{ url: 'http://gpu1/v1', up: false, inFlight: 1, limit: 4, requests: 50, failures: 3 },
        ...{ latency: 0.5, error: 'answers 503' },
      },
    ],
  },
  {
    ...none,
    fold: { index: 2, start: 200, end: 300 },
    state: 'waiting',
    planned: 100,
    done: 0,
    holder: null,
  },
]

describe('folds added up', () => {
  it('sums counts, states and failures, and says what is left at the rate of those at work', () => {
    expect(totalOf(reports)).toEqual({
      ...{ planned: 299, done: 139, kept: 90, dropped: 7, failed: 3, absent: 1, rate: 2, eta: 80 },
      states: { waiting: 1, running: 1, stopped: 0, done: 1 },
      failures: { truncated: 1, missing: 1, 'model timeout': 2 },
    })
    expect(totalOf([]).eta).toBeNull()
  })
  it('time left in words', () => {
    expect([3.4, 60, 3599, 18_180].map(timeLeft)).toEqual(['3 s', '1 min', '1 h 00 min', '5 h 03 min'])
  })
})

describe('table', () => {
  it('has a line for each fold, for all together and for each server', () => {
    expect(statusTable('bra', reports)).toEqual([
      'fold   state       done         kept  flagged  failed  absent    rate   left',
      'bra 0  done       99/99  100 %    90        7       1       1       -      -  1 truncated, 1 missing',
      'bra 1  running   40/100   40 %     0        0       2       0  2.00/s   30 s  2 model timeout; process 7 on n1',
      'bra 2  waiting    0/100    0 %     0        0       0       0       -      -',
      'all    1 of 3   139/299   46 %    90        7       3       1  2.00/s  1 min  2 model timeout, 1 truncated, 1 missing',
      '',
      'http://gpu1/v1  down  1/4  3 of 50 failed  0.50 s  fold 1: answers 503',
    ])
  })
})

const bra = { agent: 'bra', dataset: 'jsonl', split: 'train' } as const

describe('metrics', () => {
  const text = metricsText([{ ...bra, folds: reports }])
  it('are in the text format of Prometheus, each described once', () => {
    const described = text.match(/^# TYPE (\S+) gauge$/gm)!
    expect(new Set(described).size).toBe(described.length)
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(
        /^(# (HELP|TYPE) spanwise_|spanwise_[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [\d.]+$)/,
      )
  })
  it('say what the table says', () => {
    for (const line of [
      'spanwise_fold_done_samples{agent="bra",fold="1"} 40',
      'spanwise_fold_samples{agent="bra",fold="0",outcome="dropped"} 7',
      'spanwise_fold_failures{agent="bra",fold="1",kind="model timeout"} 2',
      'spanwise_fold_state{agent="bra",fold="2",state="waiting"} 1',
      'spanwise_fold_rate{agent="bra",fold="1"} 2',
      'spanwise_endpoint_up{agent="bra",fold="1",url="http://gpu1/v1"} 0',
      'spanwise_endpoint_latency_seconds{agent="bra",fold="1",url="http://gpu1/v1"} 0.5',
    ])
      expect(text).toContain(`${line}\n`)
  })
  it('tell the folds of two splits apart', () => {
    const valid = { ...bra, split: 'valid', folds: reports }
    const both = metricsText([{ ...bra, folds: reports }, valid])
    for (const split of ['train', 'valid'])
      expect(both).toContain(
        `spanwise_fold_done_samples{agent="bra",dataset="jsonl",split="${split}",fold="1"} 40\n`,
      )
  })
  it('escape what a label may not hold', () => {
    const odd = { ...reports[0]!, failures: { 'a "b"\\\n': 1 } }
    expect(metricsText([{ ...bra, folds: [odd] }])).toContain('kind="a \\"b\\"\\\\\\n"')
  })
})

describe('words handed on to the command of a fold', () => {
  it('are all but its own, as typed', () => {
    const own = { run: 'value', json: 'switch', workers: 'value' } as const
    const words = [
      '--dataset',
      'd',
      '--run',
      'r',
      '--json',
      '--set',
      'a=b',
      '--workers=3',
      '--no-json',
      '--runs',
      'x',
    ]
    expect(handedOn(words, own)).toEqual(['--dataset', 'd', '--set', 'a=b', '--runs', 'x'])
  })
})
