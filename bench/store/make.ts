import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import {
  type AnyAgent,
  columnsOf,
  type Database,
  identifier,
  literal,
  openDatabase,
} from '../../store/index.ts'

const foldSize = 22_000

const words =
  'a person opens closes washes throws takes puts holds the door window cup book laptop towel phone table bag from to on in under near kitchen floor while smiling walking sitting quickly again then before after another'.split(
    ' ',
  )

/** SQL expressions; `i` is the number of the sample, `u(n)` a number in [0, 1) that depends on it. */
const u = (n: number) => `(hash(i * 4096 + ${n}) / 18446744073709551616.0)`
const pick = (n: number, ...values: ReadonlyArray<string>) =>
  `[${values.map(literal).join(', ')}][1 + floor(${u(n)} * ${values.length})::INTEGER]`
const times = `list_transform(range(32), k -> round(k * duration / 32, 3))`
const query = `array_to_string(list_transform(range(5 + floor(${u(1)} * 6)::INTEGER), k -> words[1 + (hash((i * 4096 + 2) * 64 + k) % ${words.length})::INTEGER]), ' ')`
const start = (n: number) => `round(${u(n)} * duration * 0.6, 1)`
const end = (n: number) => `round(${u(n)} * duration * 0.6 + 1 + ${u(n + 1)} * duration * 0.3, 1)`
const window = (n: number) => `[${start(n)}, ${end(n)}]`
const json = (...parts: ReadonlyArray<string>) => parts.join(' || ')

const names = {
  key: `sha256('sample ' || i)`,
  sample: `'q' || i`,
  video: `'v' || (i // 4)`,
  file: `'v' || (i // 4) || '.mp4'`,
}
const braFigures = { score: `${u(16)} * ${u(17)}`, elsewhere: u(16) }
const deaFigures = {
  difficulty: u(30),
  band: `CASE WHEN ${u(30)} < 0.3 THEN 'easy' WHEN ${u(30)} > 0.7 THEN 'hard' ELSE 'medium' END`,
  mean_iou: `1 - ${u(30)}`,
  max_iou: u(33),
  sd_iou: `${u(34)} / 2`,
  greedy_iou: u(35),
  pass_rate: `round(${u(36)} * 8) / 8`,
  parse_rate: `round(${u(37)} * 8) / 8`,
  prior_iou: u(38),
}

const samples = (from: number, to: number) => `
  SELECT i, ${Object.entries(names)
    .map(([name, value]) => `${value} AS ${name}`)
    .join(', ')}, ${pick(3, 'charades', 'anet', 'qvhighlights', 'cosmo_cap')} AS dataset,
    'train' AS split, 'grounding' AS task, ${query} AS query,
    round(20 + ${u(4)} * 130, 2) AS duration, ${u(5)} < 0.01 AS failing
  FROM range(${from}, ${to}) r(i), (SELECT ${JSON.stringify(words).replaceAll('"', "'")} AS words)`

const shared = (agent: AnyAgent, dropped: string) => `
  key, '0123456789abcdef' AS settings, ${literal(agent.name)} AS agent, sample, dataset, split, task, video, file, query,
  [${window(6)}] AS windows, duration, '{}' AS extra,
  CASE WHEN failing THEN 'failed' WHEN ${dropped} THEN 'dropped' ELSE 'kept' END AS outcome,
  CASE WHEN failing THEN ${pick(9, 'truncated', 'unreadable', 'empty')} WHEN ${dropped} THEN 'exhaustive' END AS reason`

const usage = `'{"requests":2,"promptTokens":' || 900 + i % 100 || ',"completionTokens":20,"cachedTokens":0,"cost":null}' AS usage`

const bra = `
  SELECT ${shared(boundaryReflection, `${u(10)} < 0.2`)},
    CASE WHEN NOT failing THEN ${json(
      `'{"duration":' || duration || ',"times":' || to_json(${times})`,
      `',"hidden":[' || to_json(${window(6)}) || '],"reflect":{"question":"\\"' || query`,
      `'\\" is known at ' || ${start(6)} || ' to ' || ${end(6)}`,
      `', blanked here. When else does this happen? Answer with every other time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.","replies":["<answer>'`,
      `${start(11)} || ' to ' || ${end(11)} || '</answer>"],"noneLogProb":' || -3 * ${u(13)}`,
      `'},"verify":[{"window":' || to_json(${window(11)}) || ',"votes":1,"question":"Does this show: \\"' || query`,
      `'\\"? Answer Yes or No.","times":' || to_json(${times}[3:12]) || ',"logProbs":[' || -2 * ${u(14)} || ',' || -2 * ${u(15)} || '],"replies":[]}]}'`,
    )} END AS evidence,
    ${usage},
    CASE WHEN failing THEN NULL WHEN ${u(10)} < 0.2 THEN 'partial' WHEN ${u(10)} < 0.4 THEN 'uncertain' ELSE 'complete' END AS verdict,
    CASE WHEN failing OR ${u(10)} >= 0.4 THEN NULL WHEN ${u(10)} < 0.2 THEN 'exhaustive' ELSE 'verified' END AS criterion,
    ${Object.entries(braFigures)
      .map(([name, value]) => `CASE WHEN NOT failing THEN ${value} END AS ${name}`)
      .join(', ')},
    CASE WHEN NOT failing THEN [${window(11)}] END AS proposals, CASE WHEN NOT failing THEN [1] END AS votes,
    CASE WHEN NOT failing THEN [${u(17)}] END AS p_yes,
    CASE WHEN failing THEN NULL WHEN ${u(10)} < 0.2 THEN [${window(11)}] ELSE [] END AS verified,
    CASE WHEN NOT failing THEN ${times} END AS frame_times`

const dea = `
  SELECT ${shared(difficultyEstimation, 'false')},
    CASE WHEN NOT failing THEN ${json(
      `'{"duration":' || duration || ',"times":' || to_json(${times})`,
      `',"question":"When does this happen: \\"' || query`,
      `'\\"? Answer with every time range in seconds as <answer>start to end, start to end</answer>, or <answer>none</answer>.","replies":'`,
      `to_json(list_transform(range(8), k -> '<answer>' || round(hash((i * 4096 + 20) * 64 + k) % 500 / 10, 1) || ' to ' || round(hash((i * 4096 + 21) * 64 + k) % 1000 / 10, 1) || '</answer>'))`,
      `',"prior":[0,' || duration / 2 || ']}'`,
    )} END AS evidence,
    ${usage},
    ${Object.entries(deaFigures)
      .map(([name, value]) => `CASE WHEN NOT failing THEN ${value} END AS ${name}`)
      .join(', ')},
    CASE WHEN NOT failing THEN list_transform(range(8), k -> hash((i * 4096 + 50) * 64 + k) / 18446744073709551616.0) END AS ious,
    CASE WHEN NOT failing THEN ${times} END AS frame_times`

/** A table of the verdicts of the samples of one fold, with everything that takes long to compute. */
const makeTemplate = (database: Database, agent: AnyAgent) => {
  const select = agent.name === boundaryReflection.name ? bra : dea
  // Columns that no expression here makes are null.
  const columns = Object.entries(columnsOf(agent)).map(([name, type]) => `${identifier(name)} ${type}`)
  return database.run(
    `CREATE TEMP TABLE template (${columns.join(', ')});
     INSERT INTO template BY NAME ${select} FROM (${samples(0, foldSize)}) ORDER BY i`,
  )
}

/**
 * Writes the part files of one fold, unless an earlier start has; a last part may be shorter. Names, keys and figures are
 * the samples' own, long texts those of the template.
 */
const makeFold = Effect.fnUntraced(function* (
  database: Database,
  run: string,
  agent: AnyAgent,
  [from, to]: readonly [number, number],
  partSize: number,
) {
  const digits = (value: number, width: number) => String(value).padStart(width, '0')
  const folder = join(run, agent.name, `fold-${digits(from, 8)}-${digits(to, 8)}`)
  if (existsSync(folder)) return
  const unfinished = `${folder}.tmp`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  const figures = agent.name === boundaryReflection.name ? braFigures : deaFigures
  const replaced = [
    ...Object.entries(names).map(([name, value]) => `${value} AS ${name}`),
    ...Object.entries(figures).map(
      ([name, value]) => `CASE WHEN outcome <> 'failed' THEN ${value} END AS ${name}`,
    ),
  ].join(', ')
  const first = from % foldSize
  for (let part = 0; part * partSize < to - from; part++) {
    const start = first + part * partSize
    const end = Math.min(start + partSize, first + to - from)
    yield* database.run(
      `COPY (SELECT * EXCLUDE (i) REPLACE (${replaced})
             FROM (SELECT *, rowid + ${from - first} AS i FROM template WHERE rowid >= ${start} AND rowid < ${end}))
       TO ${literal(join(unfinished, `part-${digits(part, 5)}.parquet`))} (FORMAT parquet, COMPRESSION zstd)`,
    )
  }
  renameSync(unfinished, folder)
})

/**
 * Makes the part files of a run that holds `verdicts` verdicts, half of each agent: realistic columns and lengths, 1 % of
 * failures, and one fold of another cut that repeats samples of the first. Folds that an interrupted start has finished
 * are kept.
 */
export const makeRun = (run: string, verdicts: number, partSize: number) =>
  Effect.gen(function* () {
    const perAgent = Math.floor(verdicts / 2)
    const repeated = Math.min(2000, perAgent >> 2)
    const folds: Array<readonly [number, number]> = []
    for (let from = 0; from < perAgent - repeated; from += foldSize)
      folds.push([from, Math.min(from + foldSize, perAgent - repeated)])
    // The same samples in another cut: their verdicts here are superseded.
    folds.push([1000, 1000 + repeated])
    yield* Effect.forEach(
      [boundaryReflection, difficultyEstimation],
      (agent) =>
        Effect.scoped(
          Effect.gen(function* () {
            const database = yield* openDatabase(':memory:', { threads: 1 })
            yield* makeTemplate(database, agent)
            for (const fold of folds) yield* makeFold(database, run, agent, fold, partSize)
          }),
        ),
      { concurrency: 2 },
    )
  })
