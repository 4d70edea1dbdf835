/**
 * The tables of a study: `node bench/claims/report.ts DIR`.
 */
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { mean } from '../../core/index.ts'
import { grades } from '../../datasets/shapes/index.ts'
import { readRows } from '../../files/index.ts'
import { arms } from './arms.ts'
import { claims } from './claims.ts'
import { foldCost, queryRow, type Result, result } from './rows.ts'
import { holm, type Paired, paired, studentQuantile } from './statistics.ts'
import { placesOf } from './study.ts'

const run = process.argv[2] ?? 'runs/claims'
const places = placesOf({ run })

const results = await Effect.runPromise(readRows(places.results, result))
const samples = await Effect.runPromise(readRows(places.queries, queryRow))
const videos = samples.map(({ video }) => video)
const queriesOf = (grade: string) => samples.flatMap((query, index) => (query.grade === grade ? [index] : []))
const byGrade = new Map(grades.map((grade) => [grade, queriesOf(grade)]))
const mechanism = await Effect.runPromise(
  readRows(places.mechanism, z.record(z.string(), z.union([z.string(), z.number()]))),
)
const everything = samples.map((_, index) => index)

const metrics = {
  mIoU: ({ iou }: Result) => iou,
  'set IoU': ({ setIou }: Result) => setIou,
  'R1@0.5': ({ iou }: Result) => iou.map((value) => (value >= 0.5 ? 1 : 0)),
  count: ({ count }: Result) => count,
} as const
type Metric = keyof typeof metrics

const runsOf = (arm: string) =>
  results.filter((result) => result.arm === arm).toSorted((a, b) => a.seed - b.seed)

const scoresOf = (result: Result, metric: Metric, queries: ReadonlyArray<number>) => {
  const all = metrics[metric](result)
  return queries.map((query) => all[query]!)
}

const percent = (share: number, digits = 1) => (100 * share).toFixed(digits)
const signed = (share: number) => `${share >= 0 ? '+' : '-'}${percent(Math.abs(share))}`
const range = ([low, high]: readonly [number, number]) =>
  Number.isFinite(low) ? `${signed(low)} to ${signed(high)}` : '-'

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

/** Mean over seeds and, from two seeds on, half of Student's interval. */
const cell = (values: ReadonlyArray<number>): string => {
  const seen = values.length
  if (seen < 2) return percent(mean(values))
  const centre = mean(values)
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (seen - 1))
  return `${percent(centre)} ± ${percent((studentQuantile(seen - 1) * spread) / Math.sqrt(seen))}`
}

const outcomes = (arm: string): ReadonlyArray<string> => {
  const runs = runsOf(arm)
  const over = (metric: Metric, queries: ReadonlyArray<number>) =>
    runs.map((result) => mean(scoresOf(result, metric, queries)))
  return [
    arm,
    String(runs.length),
    String(Math.round(mean(runs.map(({ samples: count }) => count)))),
    percent(mean(runs.map(({ partial, samples: count }) => partial / Math.max(1, count))), 0),
    ...(Object.keys(metrics) as ReadonlyArray<Metric>).map((metric) => cell(over(metric, everything))),
    ...grades.map((grade) => percent(mean(over('set IoU', byGrade.get(grade)!)))),
  ]
}

/** Processor seconds of judging the whole pool. */
const costs = await Effect.runPromise(readRows(places.costs, foldCost))
const judging = (kind: 'bra' | 'dea') =>
  costs.filter((cost) => cost.kind === kind).reduce((sum, { cpu }) => sum + cpu, 0)

const curationOf = (arm: string): number => {
  const recipe = arms[arm]?.data
  if (recipe?.from !== 'verdicts' || recipe.oracle === true) return 0
  const share = recipe.screened ?? 1
  const bra = recipe.action === 'keep' ? 0 : judging('bra')
  const dea = recipe.select === 'random' ? 0 : judging('dea')
  return share * (bra + dea)
}

/**
 * Processor seconds of an arm's trainings that ran in one go with one thread, as every other arm did; of the trainings on
 * everything, which did not, those of the longest such arm times the samples.
 */
const trainingOf = (arm: string): number => {
  const whole = runsOf(arm).filter(({ resumedFrom, threads }) => resumedFrom === 0 && threads === 1)
  if (whole.length > 0) return mean(whole.map(({ cpu }) => cpu.train))
  const scaled = arms[arm]!.kind === 'sft' ? 'random-sft' : 'random-fifth'
  const samplesOf = (name: string) => mean(runsOf(name).map(({ samples: count }) => count))
  return scaled === arm ? Number.NaN : (trainingOf(scaled) * samplesOf(arm)) / samplesOf(scaled)
}

const groupsOf = (arm: string, grade: string, part: (place: number) => boolean) => {
  const rows = runsOf(arm).flatMap(({ groups, steps }) =>
    groups.filter((row) => row.grade === grade && part(row.step / steps)),
  )
  const count = rows.reduce((sum, { groups }) => sum + groups, 0)
  const total = (pick: (row: (typeof rows)[number]) => number) =>
    rows.reduce((sum, row) => sum + pick(row), 0) / Math.max(1, count)
  return {
    constant: total((row) => row.constant),
    spread: total((row) => row.spread),
    prior: total((row) => row.prior),
  }
}

const comparison = (better: string, than: string, metric: Metric, queries = everything): Paired | null => {
  const shared = runsOf(better).filter(({ seed }) => runsOf(than).some((other) => other.seed === seed))
  if (shared.length === 0) return null
  const others = shared.map(({ seed }) => runsOf(than).find((other) => other.seed === seed)!)
  const scores = (list: ReadonlyArray<Result>) => list.map((result) => scoresOf(result, metric, queries))
  return paired(
    scores(shared),
    scores(others),
    queries.map((query) => videos[query]!),
  )
}

const verdict = (one: Paired, adjusted: number): string => {
  if (one.seeds < 2) return 'one seed'
  const side = one.t[0] > 0 && one.bootstrap[0] > 0 ? 1 : one.t[1] < 0 && one.bootstrap[1] < 0 ? -1 : 0
  if (side === 0) return 'not shown'
  if (adjusted < 0.05) return side > 0 ? 'shown' : 'refuted here'
  return side > 0 ? 'not shown (points to it)' : 'not shown (points against)'
}

const claimTable = (metric: Metric): string => {
  const compared = claims.flatMap((claim) => {
    const one = comparison(claim.better, claim.than, metric)
    return one === null ? [] : [{ claim, one }]
  })
  const adjusted = holm(compared.map(({ one }) => one.p))
  return table(
    [
      'claim',
      'arms',
      'seeds',
      `${metric}, difference`,
      't interval',
      'bootstrap',
      'p',
      'Holm',
      'hard only',
      'verdict',
    ],
    compared.map(({ claim, one }, index) => [
      claim.name,
      `${claim.better} - ${claim.than}`,
      String(one.seeds),
      signed(one.difference),
      range(one.t),
      range(one.bootstrap),
      one.p.toFixed(3),
      adjusted[index]!.toFixed(3),
      signed(comparison(claim.better, claim.than, metric, byGrade.get('hard'))!.difference),
      verdict(one, adjusted[index]!),
    ]),
  )
}

const present = ['base', ...Object.keys(arms)].filter((arm) => runsOf(arm).length > 0)
const trained = present.filter((arm) => arm !== 'base')
const thirds = [
  ['first', (place: number) => place < 1 / 3],
  ['last', (place: number) => place >= 2 / 3],
] as const

const sections = [
  '## Outcomes, percent: mean over seeds ± half of the 95 % t interval',
  table(
    ['arm', 'seeds', 'samples', 'partial %', ...Object.keys(metrics), 'set IoU easy', 'medium', 'hard'],
    present.map(outcomes),
  ),
  '## Claims on mIoU',
  claimTable('mIoU'),
  '## Claims on set IoU',
  claimTable('set IoU'),
  '## Mask schedules against the same tenth without masks',
  table(
    [
      'schedule',
      'seeds',
      'mIoU',
      't interval',
      'set IoU',
      't interval',
      'hard set IoU',
      'prior-only IoU of its clips, hard',
    ],
    trained
      .filter((arm) => arm.startsWith('mask-'))
      .flatMap((arm) => {
        const [first, set, hard] = [
          comparison(arm, 'curated', 'mIoU'),
          comparison(arm, 'curated', 'set IoU'),
          comparison(arm, 'curated', 'set IoU', byGrade.get('hard')),
        ]
        return first === null || set === null || hard === null
          ? []
          : [
              [
                arm,
                String(first.seeds),
                signed(first.difference),
                range(first.t),
                signed(set.difference),
                range(set.t),
                signed(hard.difference),
                percent(groupsOf(arm, 'hard', () => true).prior),
              ],
            ]
      }),
  ),
  '## Constant groups and spread within groups in training',
  table(
    ['arm', ...grades.flatMap((grade) => thirds.map(([name]) => `${grade}, ${name} third`))],
    trained
      .filter((arm) => arms[arm]!.kind === 'grpo')
      .map((arm) => [
        arm,
        ...grades.flatMap((grade) =>
          thirds.map(([, part]) => {
            const { constant, spread } = groupsOf(arm, grade, part)
            return `${percent(constant, 0)} %, ${spread.toFixed(2)}`
          }),
        ),
      ]),
  ),
  '## The base at equal weights: what hiding frames does to the groups',
  table(
    [
      'mode',
      'grade',
      'hidden share of the hidable',
      'of all frames',
      'constant',
      'all zero',
      'spread',
      'reward',
      'prior-only IoU',
    ],
    mechanism.map((row) => [
      String(row.mode),
      String(row.grade),
      String(row.ratio),
      percent(Number(row.hidden), 0),
      percent(Number(row.constant), 0),
      percent(Number(row.zero), 0),
      Number(row.spread).toFixed(3),
      Number(row.reward).toFixed(3),
      Number(row.prior).toFixed(3),
    ]),
  ),
  `## Cost in processor seconds: training + curation (boundary reflection ${judging('bra').toFixed(0)}, difficulty ${judging('dea').toFixed(0)} for the whole pool)`,
  table(
    ['arm', 'training', 'curation', 'total', 'over all data', 'threads'],
    trained.map((arm) => {
      const all = trainingOf(arms[arm]!.kind === 'sft' ? 'all-sft' : 'all')
      const total = trainingOf(arm) + curationOf(arm)
      return [
        arm,
        trainingOf(arm).toFixed(0),
        curationOf(arm).toFixed(0),
        total.toFixed(0),
        (total / all).toFixed(2),
        [...new Set(runsOf(arm).map(({ threads }) => threads))].join(', '),
      ]
    }),
  ),
]
console.log(`${join(run, 'results.jsonl')}: ${results.length} runs, ${samples.length} validation queries\n`)
console.log(sections.join('\n\n'))
