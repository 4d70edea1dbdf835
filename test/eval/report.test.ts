import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import {
  alignValues,
  baselinePredictions,
  columnValue,
  compare,
  comparisonTable,
  errorByLength,
  evaluate,
  lengthFigure,
  markdown,
  parseValues,
  recallCurve,
  recallFigure,
  reportJson,
  rowsJson,
  suites,
  valueLines,
} from '../../eval/index.ts'
import { sampleOf } from './arbitrary.ts'

const samples = Array.from({ length: 12 }, (_, i) =>
  sampleOf(i, { windows: [[i, i + 1 + (i % 4)]], meta: { grade: i % 2 === 0 ? 'easy' : 'hard' } }),
)
const run = evaluate(suites.shapes!, samples, baselinePredictions('middle', samples, []))
const floor = evaluate(suites.shapes!, samples, baselinePredictions('whole', samples, []))
const rows = [
  { name: 'middle', report: run.report },
  { name: 'whole', report: floor.report },
] as const

describe('reports', () => {
  it('hold tables by row and by type in Markdown', () => {
    const text = markdown(rows, [{ title: 'Recall', file: 'recall.svg' }])
    expect(text).toContain('| middle | ')
    expect(text).toContain('| easy | 6 |')
    expect(text).toContain('![Recall](recall.svg)')
    for (const line of text.split('\n').filter((row) => row.startsWith('| middle')))
      expect(line).toMatch(/\d+\.\d\d \[\d+\.\d\d, \d+\.\d\d\]/)
  })

  it('show a metric without its interval where there is none', () => {
    const { report } = run
    const unbounded = {
      ...report,
      intervals: { ...report.intervals, mIoU: [Number.NaN, Number.NaN] as const },
    }
    const text = markdown([{ name: 'middle', report: unbounded }], [])
    expect(text).toContain(`| ${report.metrics.mIoU!.toFixed(2)} |`)
    expect(text).not.toContain('[-')
  })

  it('are one JSON object with every metric, unrounded, and null for nothing', () => {
    const json = reportJson(run.report)
    expect(json).toMatchObject({ suite: 'shapes', rule: 'by-task', n: 12, unparsed: 0 })
    expect(json.mIoU).toBe(run.report.metrics.mIoU)
    expect(rowsJson(rows)).toMatchObject({
      name: 'middle',
      baselines: { whole: { mIoU: floor.report.metrics.mIoU } },
    })
    const empty = evaluate(suites.nextqa!, [], new Map())
    expect(JSON.parse(JSON.stringify(reportJson(empty.report)))).toMatchObject({ all: null, n: 0 })
  })

  it.effect('keep the raw values of every sample, and read them back', () =>
    Effect.gen(function* () {
      const content = [...valueLines(run)].join('\n')
      const read = yield* parseValues('values.jsonl', content)
      expect(read.ids).toEqual(run.ids)
      expect(read.columns.map((column) => columnValue(column))).toEqual(
        run.columns.map((column) => columnValue(column)),
      )
      const reversed = yield* parseValues(
        'values.jsonl',
        [content.split('\n')[0], ...content.split('\n').slice(1).toReversed()].join('\n'),
      )
      expect((yield* alignValues(read, reversed)).columns).toEqual(read.columns)
      const cut = { ...read, ids: read.ids.slice(1) }
      expect((yield* Effect.flip(alignValues(read, cut))).message).toContain('sample q0')
      expect((yield* Effect.flip(parseValues('v.jsonl', `${content}\n{"id":1}`))).message).toContain(
        'v.jsonl:14',
      )
      expect((yield* Effect.flip(parseValues('v.jsonl', ''))).message).toContain('v.jsonl:1')
    }),
  )

  it('compare two runs', () => {
    const text = comparisonTable(compare(run.columns, floor.columns, run.videos), 'middle', 'whole')
    expect(text).toContain('| metric | middle | whole | whole - middle |')
    expect(text).toContain('| mIoU | ')
  })

  it('compare shares, counts and errors with four decimals, and what is not defined with none', () => {
    const column = (metric: string, values: ReadonlyArray<number>, scale: number) => ({
      ...{ metric, scale, values: Float64Array.from(values) },
      ...(metric === 'none' ? { counted: new Uint8Array(values.length) } : {}),
    })
    const columns = (one: number) => [
      column('VQA', [one, 0, 0, 0], 1),
      column('Acc', [one, 0, 0, 0], 100),
      column('none', [one, 0, 0, 0], 100),
    ]
    const text = comparisonTable(compare(columns(0.5), columns(0.52), ['a', 'b', 'c', 'd']))
    expect(text).toContain('| VQA | 0.1250 | 0.1300 | 0.0050 |')
    expect(text).toContain('| Acc | 12.50 | 13.00 | 0.50 |')
    expect(text).toContain('| none | - | - | - | - | - |')
  })

  it('count recall at every threshold', () => {
    const ious = Float64Array.from([0, 0.25, 0.5, 1])
    const curve = recallCurve(ious)
    for (const [threshold, recall] of curve)
      expect(recall).toBeCloseTo(ious.filter((iou) => iou >= threshold).length / 4, 12)
  })

  it('put every sample into one bin of lengths', () => {
    const bins = errorByLength(samples, run.ious!, 4)
    expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(12)
    for (const [i, { from, to }] of bins.entries()) {
      expect(from).toBe(bins[i - 1]?.to ?? 0)
      expect(to).toBeGreaterThan(from)
    }
  })

  it('draw figures that are well-formed and escaped', () => {
    const figures = [
      recallFigure([{ name: 'a < b & "c"', ious: run.ious! }]),
      lengthFigure(errorByLength(samples, run.ious!)),
    ]
    for (const svg of figures) {
      expect(svg.startsWith('<svg ')).toBe(true)
      expect(svg).not.toMatch(/NaN|undefined|< b/)
      const tags = [...svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>/g)]
      const open: Array<string> = []
      for (const [, closing, name, , selfClosing] of tags) {
        if (closing === '/') expect(open.pop()).toBe(name)
        else if (selfClosing !== '/') open.push(name!)
      }
      expect(open).toEqual([])
    }
  })
})
