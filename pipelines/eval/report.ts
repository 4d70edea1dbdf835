import { join } from 'node:path'
import { Effect } from 'effect'
import type { Json, Sample } from '../../core/index.ts'
import { type Evaluation, errorByLength, lengthFigure, recallFigure, valueLines } from '../../eval/index.ts'
import { writeJson, writeWhole } from '../../files/index.ts'

/** Writes report.json, report.md, values.jsonl and, where windows are scored, recall.svg and length.svg. */
export const writeReport = Effect.fnUntraced(function* (
  folder: string,
  samples: ReadonlyArray<Sample>,
  name: string,
  contents: {
    readonly json: { readonly [key: string]: Json }
    /** The report as Markdown, with links to these figures. */
    readonly text: (figures: ReadonlyArray<{ readonly title: string; readonly file: string }>) => string
  },
  evaluation: Evaluation,
  prior: Evaluation | null,
) {
  const figures: Array<{ title: string; file: string; svg: string }> = []
  if (evaluation.ious !== null) {
    figures.push({
      title: 'Recall over threshold',
      file: 'recall.svg',
      svg: recallFigure([
        { name, ious: evaluation.ious },
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
  yield* writeJson(join(folder, 'report.json'), contents.json)
  yield* writeWhole(join(folder, 'report.md'), contents.text(figures))
  yield* writeWhole(join(folder, 'values.jsonl'), [...valueLines(evaluation), ''].join('\n'))
})
