import { Effect } from 'effect'
import { z } from 'zod'
import { actRepRows } from './actrep.ts'
import { type Draft, define } from './collect.ts'
import { type AnnotationFile, find } from './files.ts'
import { tableOf } from './table.ts'

const row = z.object({ type: z.string(), name: z.string().min(1) })

/** A whole number that the files may also write as `60.0`; null for an empty cell. */
const whole = (text: string | undefined): number | null => {
  if (text === undefined || text.trim() === '') return null
  const value = Number(text)
  return Number.isFinite(value) ? Math.trunc(value) : Number.NaN
}

/** Whether a CSV file is TransRAC's: its header names the columns. */
const isTransRac = (source: AnnotationFile): boolean =>
  /(^|,)type,name,count(,|\r?\n)/.test(new TextDecoder().decode(source.head))

/** A list of all splits, whose name is not one of TransRAC's. */
const list = /^(?!(new_)?(train|valid|test)\.csv$).*\.(csv|jsonl)$/

const draftOf = (file: string, action: string, count: number, cycles?: Array<Array<number>>): Draft => {
  const stem = file.replace(/\.\w+$/, '')
  return {
    id: stem,
    task: 'counting',
    video: stem,
    file,
    duration: null,
    query: `How many times is this action repeated: ${action.replaceAll('_', ' ')}?`,
    windows: null,
    answer: String(count),
    meta: { action, ...(cycles === undefined ? {} : { cycles }) },
  }
}

/**
 * RepCount (TransRAC's CSV files, its open-set re-split `new_<split>.csv` included): how often an action is repeated.
 * ActRep-R1's lists, CSV or JSON lines with the split in each row, are read too.
 * Ids are file stems. `meta.cycles` holds first and last FRAME of each cycle, at the video's own rate; `meta.action` the
 * label as published. Rows without a count, cycles that end before they start, and counts that differ from the number
 * of cycles are problems.
 */
export const repcount = define({
  name: 'repcount',
  licence: 'Apache-2.0 (of the repository)',
  homepage: 'https://github.com/SvipRepetitionCounting/TransRAC',
  files: ['new_<split>.csv', '<split>.csv', '<any>.csv or <any>.jsonl (ActRep-R1)'],
  splits: ['train', 'valid', 'test'],
  sizes: { train: { samples: 646 }, valid: { samples: 128 }, test: { samples: 250 } },
  fill: (folder, split, into) =>
    Effect.gen(function* () {
      const source = yield* find(
        folder,
        [`new_${split}.csv`, `${split}.csv`, `${split}.jsonl`, list],
        into.settings.form,
      )
      if (!isTransRac(source)) {
        for (const { line, video, action, count, ...row } of yield* actRepRows(source, into))
          if (row.split === split || (split === 'valid' && row.split === 'val'))
            into.sample(source.path, line, draftOf(video, action, count))
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
        const marks = names
          .filter((name) => /^L\d+$/.test(name))
          .map((name) => whole(cell(name)))
          .filter((mark) => mark !== null)
        if (Number.isNaN(count) || count < 0 || marks.some(Number.isNaN)) {
          into.problem(source.path, line, 'malformed', `count or L: no whole number in ${one.name}`)
          continue
        }
        const cycles = Array.from({ length: Math.floor(marks.length / 2) }, (_, index) => [
          marks[2 * index]!,
          marks[2 * index + 1]!,
        ])
        const backward = cycles.find(([start, end]) => start! >= end!)
        if (backward !== undefined)
          into.problem(source.path, line, 'reversed', `cycle [${backward}] ends before it starts`)
        if (marks.length !== 2 * count)
          into.problem(source.path, line, 'mismatch', `${count} counted, ${marks.length} cycle bounds`)
        into.sample(source.path, line, draftOf(one.name, one.type, count, cycles))
      }
      return [source]
    }),
})
