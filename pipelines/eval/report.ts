import { join } from 'node:path'
import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import {
  type Evaluation,
  errorByLength,
  lengthFigure,
  markdown,
  recallFigure,
  rowsJson,
  valueLines,
} from '../../eval/index.ts'
import { writeJson, writeWhole } from '../../files/index.ts'

/** Writes report.json, report.md, values.jsonl and, where windows are scored, recall.svg and length.svg. */
export const writeReport = Effect.fnUntraced(function* (
  folder: string,
  samples: ReadonlyArray<Sample>,
  rows: Parameters<typeof markdown>[0],
  evaluation: Evaluation,
  prior: Evaluation | null,
) {
  const figures: Array<{ title: string; file: string; svg: string }> = []
  if (evaluation.ious !== null) {
    figures.push({
      title: 'Recall over threshold',
      file: 'recall.svg',
      svg: recallFigure([
        { name: rows[0].name, ious: evaluation.ious },
        ...(prior?.ious == null ? [] : [{ name: 'prior only', ious: prior.ious }]),
      ]),
    })
    figures.push({
      title: 'Error by window length',
      file: 'length.svg',
      svg: lengthFigure(errorByLength(samples, evaluation.ious)),
    })
  }
  for (const { file, svg } of figures) yield* writeWhole(join(folder, file), svg)
  yield* writeJson(join(folder, 'report.json'), rowsJson(rows))
  yield* writeWhole(join(folder, 'report.md'), markdown(rows, figures))
  yield* writeWhole(join(folder, 'values.jsonl'), [...valueLines(evaluation), ''].join('\n'))
})
