import { bars, escape, lanes, lines } from '../../pipelines/report/chart.ts'
import { type Table, table } from '../../pipelines/report/page.ts'
import { type Counts, rareFrom } from '../counting/study.ts'
import type { Heading, Phase } from './stage.ts'

/** One model's counts of the validation videos. */
export interface CountMeasured {
  readonly name: string
  /** Percent, with its bootstrap 95 % interval over videos. */
  readonly obo: number
  readonly interval: readonly [number, number] | null
  readonly exact: number
  readonly mae: number
  readonly rmse: number
  /** OBO of the counts that are rare in training. */
  readonly rareObo: number
  readonly parsed: number
}

export const measuredOf = (name: string, { all, rare }: Counts): CountMeasured => ({
  name,
  obo: all.metrics.OBO ?? 0,
  interval: all.intervals.OBO ?? null,
  exact: all.metrics.Exact ?? 0,
  mae: all.metrics.MAE ?? Number.NaN,
  rmse: all.metrics.RMSE ?? Number.NaN,
  rareObo: rare.metrics.OBO ?? 0,
  parsed: all.parseRate,
})

/** A clip with its cycles, the intervals that the model listed, and its count. */
export interface CountCase {
  readonly sample: string
  readonly question: string
  readonly duration: number
  readonly truth: ReadonlyArray<readonly [number, number]>
  readonly listed: ReadonlyArray<readonly [number, number]>
  readonly answered: string | null
}

/** The results of `spanwise demo --task counting`. */
export interface CountReport extends Heading {
  readonly world: { readonly videos: number; readonly validation: number }
  readonly records: {
    readonly tries: number
    readonly records: number
    readonly dropped: { readonly [rule: string]: number }
  }
  /** How many clips or prompts have each count, from 1. */
  readonly counts: {
    readonly training: ReadonlyArray<number>
    readonly drawn: ReadonlyArray<number>
    readonly truth: ReadonlyArray<number>
    readonly before: ReadonlyArray<number>
    readonly answered: ReadonlyArray<number>
  }
  readonly measured: ReadonlyArray<CountMeasured>
  readonly curve: ReadonlyArray<{
    readonly step: number
    readonly reward: number
    /** Share of the rollouts with the right count. */
    readonly solved: number
    /** Mean tokens of thought. */
    readonly thought: number
  }>
  readonly cases: ReadonlyArray<CountCase>
  readonly phases: ReadonlyArray<Phase>
}

/** The tables that the command line and the page both show. */
export const countTables = ({ measured, records, phases }: CountReport) => ({
  models: {
    head: ['model', 'OBO', '95 % interval', 'exact', 'MAE', 'RMSE', `OBO from ${rareFrom}`, 'parsed'],
    rows: measured.map((one) => [
      one.name,
      one.obo.toFixed(1),
      one.interval === null ? '-' : one.interval.map((end) => end.toFixed(1)).join(' to '),
      one.exact.toFixed(1),
      one.mae.toFixed(3),
      one.rmse.toFixed(2),
      one.rareObo.toFixed(1),
      `${(100 * one.parsed).toFixed(1)} %`,
    ]),
  } satisfies Table,
  records: {
    head: ['chains of thought', 'tries'],
    rows: [
      ['kept as records', String(records.records)],
      ...Object.entries(records.dropped).map(([rule, count]) => [`dropped: ${rule}`, String(count)]),
    ],
  } satisfies Table,
  phases: {
    head: ['phase', 'seconds'],
    rows: phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]),
  } satisfies Table,
})

const caseHtml = (one: CountCase): string =>
  `<div class="case"><b>${escape(one.question)}</b> <span class="note">${escape(one.sample)}: ${one.truth.length} times, answered ${escape(one.answered ?? 'nothing')}</span>${lanes(
    one.duration,
    [
      { name: 'annotated', windows: one.truth, colour: 3 },
      { name: 'listed', windows: one.listed, colour: 1 },
    ],
  )}</div>`

/** The report as the body of a page. */
export const countBody = (report: CountReport): string => {
  const { world, counts, curve } = report
  const shown = countTables(report)
  const charts = [
    bars({ title: 'Counts in training', x: 'count', y: 'share' }, [
      { name: 'training videos', colour: 1, values: counts.training },
      { name: 'prompts drawn', colour: 2, values: counts.drawn },
    ]),
    bars({ title: 'Counts of the validation videos', x: 'count', y: 'share' }, [
      { name: 'true', colour: 3, values: counts.truth },
      { name: 'base', colour: 1, values: counts.before },
      { name: 'trained', colour: 2, values: counts.answered },
    ]),
    lines({ title: 'Reward and right counts', x: 'step', y: 'mean' }, [
      { name: 'reward', colour: 1, points: curve.map(({ step, reward }) => [step + 1, reward] as const) },
      { name: 'right', colour: 2, points: curve.map(({ step, solved }) => [step + 1, solved] as const) },
    ]),
    lines({ title: 'Length of thought', x: 'step', y: 'tokens' }, [
      { name: 'thought', colour: 1, points: curve.map(({ step, thought }) => [step + 1, thought] as const) },
    ]),
  ]
  return `<h1>Spanwise demo: repetition counting</h1>
<p>Version ${escape(report.version)}, ${escape(report.created)}, seed ${report.seed}, ${escape(report.machine)}. ${world.videos} training videos of the shapes world mostly show a movement a few times; the ${world.validation} validation videos show it 1 to 12 times, equally often. A scripted teacher, wrong on purpose in a third of its tries, wrote chains of thought; the reasoning writer kept those that agree with the annotation.</p>
<h2>Models on the validation videos</h2>${table(shown.models)}
<h2>Chains of thought</h2>${table(shown.records)}
<h2>Counts and training</h2><div class="charts">${charts.join('')}</div>
<h2>Where the time went</h2>${table(shown.phases)}
<h2>Repetitions on the time line</h2><p class="key"><span><i class="k3"></i>annotated</span><span><i class="k1"></i>listed by the trained model</span></p>${report.cases.map(caseHtml).join('')}`
}
