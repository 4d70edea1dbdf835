import { Effect } from 'effect'
import { z } from 'zod'
import type { Sample } from '../core/index.ts'
import { actRepObject, actRepRows } from './actrep.ts'
import { type Draft, define } from './collect.ts'
import { type AnnotationFile, find } from './files.ts'
import { tableOf } from './table.ts'

const row = z.object({ type: z.string(), name: z.string().min(1) })

/** A whole number that the files may also write as `60.0`; null for an empty cell, NaN for any other text. */
const whole = (text: string | undefined): number | null => {
  const said = text?.trim() ?? ''
  if (said === '') return null
  return /^-?\d{1,9}(?:\.0{1,9})?$/.test(said) ? Number(said) : Number.NaN
}

/** Whether a CSV file is TransRAC's: its header names the columns. */
const isTransRac = (source: AnnotationFile): boolean =>
  /(^|,)type,name,count(,|\r?\n)/.test(new TextDecoder().decode(source.head))

const splits: ReadonlyArray<string> = ['train', 'valid', 'test']

/** A list of all splits, whose name is not one of TransRAC's. */
const list = /^(?!(new_)?(train|valid|test)\.csv$).*\.(csv|jsonl)$/

interface Counted {
  readonly video: string
  readonly action: string
  readonly count: number
  /** First and last frame of each repetition. */
  readonly cycles?: Array<Array<number>>
  readonly cot?: string
}

/** The sample of a video that is counted, without dataset and split. */
const repcountDraft = ({ video, action, count, cycles, cot }: Counted): Draft => {
  const stem = video.replace(/\.\w+$/, '')
  return {
    id: stem,
    task: 'counting',
    video: stem,
    file: video,
    duration: null,
    query: `How many times is this action repeated: ${action.replaceAll('_', ' ')}?`,
    windows: null,
    answer: String(count),
    meta: {
      action,
      ...(cycles === undefined ? {} : { cycles }),
      ...(cot === undefined ? {} : { cot }),
    },
  }
}

/** A line of ActRep-R1's JSON lines as a sample of this dataset. */
export const actRepSample = actRepObject.transform(
  ({ split, ...row }): Sample => ({ dataset: 'repcount', split, ...repcountDraft(row) }),
)

/**
 * RepCount (TransRAC's CSV files, its open-set re-split `new_<split>.csv` included): how often an action is repeated.
 * ActRep-R1's lists, CSV or JSON lines with the split in each row, are read too. Ids are file stems. `meta.cycles`
 * holds first and last FRAME of each cycle, at the video's own rate; `meta.action` the label as published, `meta.cot` a
 * chain of thought of ActRep-R1's. Rows without a count, cycles that end before they start, and counts that differ from
 * the number of cycles are problems.
 */
export const repcount = define({
  name: 'repcount',
  licence: 'Apache-2.0 (of the repository)',
  homepage: 'https://github.com/SvipRepetitionCounting/TransRAC',
  files: ['new_<split>.csv', '<split>.csv', '<any>.csv or <any>.jsonl (ActRep-R1)'],
  splits,
  sizes: { train: { samples: 646 }, valid: { samples: 128 }, test: { samples: 250 } },
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(
      folder,
      [`new_${split}.csv`, `${split}.csv`, `${split}.jsonl`, list],
      into.settings.form,
    )
    if (!isTransRac(source)) {
      for (const { line, split: named, ...row } of yield* actRepRows(source, into)) {
        const of = named === 'val' ? 'valid' : named
        if (of === split) into.sample(source.path, line, repcountDraft(row))
        else if (!splits.includes(of))
          into.problem(
            ...([source.path, line, 'mismatch'] as const),
            `split: ${JSON.stringify(named.slice(0, 40))} is not one of train, val, valid, test`,
          )
      }
      return [source]
    }
    for (const { line, cell, names } of yield* tableOf(source, ['type', 'name', 'count'], into)) {
      const one = into.row(source.path, line, row, { type: cell('type'), name: cell('name') })
      if (one === null) continue
      const count = whole(cell('count'))
      if (count === null) {
        into.problem(source.path, line, 'missing', `count: ${one.name} has none`)
        continue
      }
      const bounds = names.filter((name) => /^L\d+$/.test(name))
      const wrong = ['count', ...bounds].find((name) => {
        const value = whole(cell(name))
        return Number.isNaN(value) || (name === 'count' && count < 0)
      })
      if (wrong !== undefined) {
        const found = JSON.stringify(cell(wrong)?.trim().slice(0, 40))
        into.problem(
          source.path,
          line,
          'malformed',
          `${wrong}: ${found} is not a whole number, of ${one.name}`,
        )
        continue
      }
      const marks = bounds.map((name) => whole(cell(name))).filter((mark) => mark !== null)
      const cycles = Array.from({ length: Math.floor(marks.length / 2) }, (_, index) => [
        marks[2 * index]!,
        marks[2 * index + 1]!,
      ])
      const backward = cycles.find(([start, end]) => start! >= end!)
      if (backward !== undefined)
        into.problem(
          source.path,
          line,
          'reversed',
          `cycle [${backward.join(', ')}] ${backward[0] === backward[1] ? 'has no length' : 'ends before it starts'}`,
        )
      // Part B has counts only.
      const annotated = bounds.length > 0
      if (annotated && marks.length !== 2 * count)
        into.problem(source.path, line, 'mismatch', `${count} counted, ${marks.length} cycle bounds`)
      into.sample(
        source.path,
        line,
        repcountDraft({
          ...{ video: one.name, action: one.type, count },
          ...(annotated ? { cycles } : {}),
        }),
      )
    }
    return [source]
  }),
})
