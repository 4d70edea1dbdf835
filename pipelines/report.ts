import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DateTime, Effect, Stream } from 'effect'
import { InputError, type Json, type Window } from '../core/index.ts'
import { listFolder, locate, readText, writeWhole } from '../files/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { runQuery } from './query.ts'
import { caseHtml, frameStrip, laneKey } from './report/case.ts'
import { escape, histogram } from './report/chart.ts'
import { page, table } from './report/page.ts'
import { trainingSection } from './report/training.ts'
import { videoFolderOf } from './run-videos.ts'

export interface ReportOptions {
  /** Folder of a run with verdicts. */
  readonly run: string
  /** The HTML file; `RUN/report.html` by default. */
  readonly out?: string
  /** Most flagged samples to show. */
  readonly count: number
  /** Folder of the videos of each dataset in the configuration. */
  readonly videos: { readonly [dataset: string]: string }
}

/** All rows of a query over the verdicts, which folds may still be writing. */
const ask = (run: string, sql: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { rows } = yield* runQuery(run, sql)
      return (yield* Stream.runCollect(rows)).flat()
    }),
  )

/** Counts of a share in 20 equal parts. */
const countsOf = Effect.fnUntraced(function* (run: string, column: string) {
  const counts = new Array<number>(20).fill(0)
  const rows = yield* ask(
    run,
    `SELECT least(floor(${column} * 20), 19)::INTEGER, count(*) FROM samples WHERE ${column} IS NOT NULL GROUP BY 1`,
  )
  for (const [bin, count] of rows) counts[Number(bin)] = Number(count)
  return counts
})

const colours = [
  { name: 'annotated', colour: 1 },
  { name: 'accepted by boundary reflection', colour: 2 },
] as const

/** A flagged sample; one whose video cannot be read is shown without frames, and says why. */
const caseOf = Effect.fnUntraced(function* (run: string, row: ReadonlyArray<Json>, options: ReportOptions) {
  const [sample, query, dataset, split, file, windows, verified, score, difficulty, duration] = row
  const folder = yield* videoFolderOf(run, { dataset: String(dataset), split: String(split) }, options.videos)
  const strip =
    folder === null
      ? { frames: [], duration: Number(duration), problem: 'the folder of its videos is not known' }
      : yield* frameStrip(locate(folder, String(file))).pipe(
          Effect.map((read) => ({ ...read, problem: null })),
          Effect.catchTag('VideoError', (error) =>
            Effect.succeed({ frames: [], duration: Number(duration), problem: error.problem }),
          ),
        )
  const lanesOf = [windows, verified] as unknown as ReadonlyArray<ReadonlyArray<Window> | null>
  const facts = [
    ...[String(sample), `score ${Number(score).toFixed(2)}`],
    ...(difficulty === null ? [] : [`difficulty ${Number(difficulty).toFixed(2)}`]),
    ...(strip.problem === null ? [] : [strip.problem]),
  ]
  return caseHtml({
    ...{ query: String(query), note: facts.join(', '), frames: strip.frames, duration: strip.duration },
    lanes: colours.map((one, index) => ({ ...one, windows: lanesOf[index] ?? [] })),
  })
})

/** The dataset cards of the curations in a run, without their front matter. */
const cardsOf = Effect.fnUntraced(function* (run: string) {
  const cards: Array<string> = []
  for (const name of yield* listFolder(run)) {
    if (!existsSync(join(run, name, 'decisions.parquet'))) continue
    const text = yield* readText(join(run, name, 'README.md'))
    if (text !== null)
      cards.push(
        `<details><summary>${escape(name)}</summary><pre>${escape(text.replace(/^---\n[\s\S]*?\n---\n/, '').trim())}</pre></details>`,
      )
  }
  return cards
})

const mark = '<meta name="generator" content="spanwise report">'

/**
 * `spanwise report`: one self-contained HTML file about a run on any data, to share: counts, histograms, the flagged
 * samples with frames and lanes, the cards of its curations; of a training run its curves, accuracy and length of thought
 * side by side. It needs no model and changes nothing in the run.
 */
export const runReport = Effect.fn('Pipelines.runReport')(function* (options: ReportOptions) {
  const run = resolve(options.run)
  const out = resolve(options.out ?? join(run, 'report.html'))
  const before = yield* readText(out)
  if (before !== null && !before.includes(mark))
    return yield* new InputError({
      subject: out,
      problem: 'exists, and "spanwise report" did not write it',
      remedy: 'set --out to another file',
    })
  const heading = `<h1>${escape(run.split(/[\\/]/).at(-1) ?? run)}</h1>
<p>Spanwise ${escape(packageJson.version)}, ${escape(DateTime.formatIso(yield* DateTime.now).slice(0, 16))}.</p>`
  const write = (body: string) =>
    writeWhole(out, page(`Spanwise: ${options.run}`, heading + body).replace('<title>', `${mark}<title>`))
  const training = yield* trainingSection(run)
  if (training !== null) {
    yield* write(training.html)
    return { out, steps: training.steps, growth: training.growth }
  }
  if (existsSync(join(run, 'run.json')))
    return yield* new InputError({
      subject: run,
      problem: 'is a training that has not finished a step yet',
      remedy: 'run the report again after its first step',
    })
  const summary = yield* ask(run, 'SELECT agent, dataset, split, outcome, verdicts FROM summary ORDER BY ALL')
  const [scores, difficulties] = [yield* countsOf(run, 'score'), yield* countsOf(run, 'difficulty')]
  const flagged = yield* ask(
    run,
    `SELECT sample, "query", dataset, split, file, windows, verified, score, difficulty, duration FROM samples
     WHERE verdict = 'partial' ORDER BY score DESC, "key" LIMIT ${options.count}`,
  )
  const cases = yield* Effect.forEach(flagged, (row) => caseOf(run, row, options), { concurrency: 2 })
  const cards = yield* cardsOf(run)
  yield* write(`<h2>Verdicts</h2>${table({ head: ['agent', 'dataset', 'split', 'outcome', 'verdicts'], rows: summary.map((row) => row.map(String)) })}
<h2>Distributions</h2><div class="charts">${histogram({ title: 'Score of incompleteness', x: 'score', y: 'samples' }, scores)}${histogram({ title: 'Difficulty', x: 'difficulty', y: 'samples' }, difficulties)}</div>
<h2>Flagged annotations</h2>${cases.length === 0 ? '<p>Boundary reflection found no annotation partial.</p>' : laneKey(colours) + cases.join('')}
${cards.length === 0 ? '' : `<h2>Curations</h2>${cards.join('')}`}`)
  return {
    out,
    flagged: cases.length,
    verdicts: summary.reduce((sum, row) => sum + Number(row[4]), 0),
  }
})
