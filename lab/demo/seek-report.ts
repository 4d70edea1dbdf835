import type { Window } from '../../core/index.ts'
import { escape, lanes, lines } from '../../pipelines/report/chart.ts'
import { type Table, table } from '../../pipelines/report/page.ts'
import type { Heading, Phase } from './stage.ts'

/** Answers of one model, or of a floor without video, to the validation questions. */
export interface SeekMeasured {
  readonly name: string
  /** Percent, with its bootstrap 95 % interval over videos. */
  readonly accuracy: number
  readonly interval: readonly [number, number] | null
  /** Means over questions; null where no frames are sought. */
  readonly rounds: number | null
  readonly frames: number | null
  readonly tokens: number | null
  readonly seconds: number | null
  /** Share of questions about which some frame showed the answer; null where no frames are sought. */
  readonly found: number | null
  /** Share of readable answers. */
  readonly parsed: number
}

/** One conversation in the report. */
export interface SeekCase {
  readonly sample: string
  readonly question: string
  readonly options: ReadonlyArray<string>
  readonly right: string
  /** Seconds of the clip. */
  readonly duration: number
  /** The seconds that show the answer. */
  readonly evidence: ReadonlyArray<Window>
  readonly ending: string
  readonly rounds: ReadonlyArray<{ readonly shown: ReadonlyArray<number>; readonly reply: string }>
  /** `data:` addresses of the frames of the last round. */
  readonly frames: ReadonlyArray<string>
}

/** The results of `spanwise demo --task seek`; `report.json` has them without the frames. */
export interface SeekReport extends Heading {
  readonly world: { readonly videos: number; readonly validation: number }
  readonly limits: { readonly rounds: number; readonly frames: number }
  readonly measured: ReadonlyArray<SeekMeasured>
  readonly curve: ReadonlyArray<{
    readonly step: number
    readonly reward: number
    readonly rounds: number
    readonly frames: number
  }>
  /** Conversations of the trained model by the way they ended. */
  readonly endings: { readonly [ending: string]: number }
  readonly cases: ReadonlyArray<SeekCase>
  readonly phases: ReadonlyArray<Phase>
}

const shown = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits))

/** The tables that the command line and the page both show. */
export const seekTables = ({
  measured,
  endings,
  phases,
}: SeekReport): { readonly models: Table; readonly endings: Table; readonly phases: Table } => ({
  models: {
    head: [
      'model',
      'accuracy',
      '95 % interval',
      'answer in view',
      'rounds',
      'frames',
      'tokens',
      'seconds',
      'parsed',
    ],
    rows: measured.map((one) => [
      one.name,
      one.accuracy.toFixed(1),
      one.interval === null ? '-' : one.interval.map((end) => end.toFixed(1)).join(' to '),
      one.found === null ? '-' : `${(100 * one.found).toFixed(0)} %`,
      shown(one.rounds, 2),
      shown(one.frames, 2),
      shown(one.tokens, 0),
      shown(one.seconds, 2),
      `${(100 * one.parsed).toFixed(1)} %`,
    ]),
  },
  endings: {
    head: ['ending', 'conversations'],
    rows: Object.entries(endings).map(([ending, count]) => [ending, String(count)]),
  },
  phases: {
    head: ['phase', 'seconds'],
    rows: phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]),
  },
})

/** How long a picked frame is drawn on the time line, in seconds. */
const mark = 0.6

const caseHtml = (one: SeekCase): string => {
  const options = one.options.map((option, index) => `${String.fromCharCode(65 + index)}. ${option}`)
  const rows = [
    { name: 'evidence', windows: one.evidence, colour: 3 },
    ...one.rounds.map((round, index) => ({
      name: `round ${index + 1}`,
      windows: round.shown.map((second): Window => [second, Math.min(one.duration, second + mark)]),
      colour: 1,
    })),
  ]
  const replies = one.rounds.map(
    ({ shown: seconds, reply }, index) =>
      `<li>round ${index + 1}, frames ${seconds.join(', ')}: <code>${escape(reply)}</code></li>`,
  )
  return `<div class="case"><b>${escape(one.question)}</b> ${escape(options.join('  '))} <span class="note">${escape(one.sample)}, right is ${one.right}, ${escape(one.ending)}</span>${lanes(one.duration, rows)}<ol>${replies.join('')}</ol><div class="strip">${one.frames.map((frame) => `<img alt="" src="${frame}">`).join('')}</div></div>`
}

/** The report as the body of a page. */
export const seekBody = (report: SeekReport): string => {
  const { world, limits, curve } = report
  const tables = seekTables(report)
  const line = (title: string, y: string, figure: (row: SeekReport['curve'][number]) => number) =>
    lines({ title, x: 'step', y }, [
      { name: '', colour: 1, points: curve.map((row) => [row.step + 1, figure(row)] as const) },
    ])
  return `<h1>Spanwise demo: frame seeking</h1>
<p>Version ${escape(report.version)}, ${escape(report.created)}, seed ${report.seed}, ${escape(report.machine)}. Each of ${world.videos + world.validation} rendered videos of 24 to 32 seconds answers its question in 2 to 4 seconds only. A model sees at most ${limits.frames} frames in each of at most ${limits.rounds} rounds and asks for others. Models are measured on ${world.validation} videos that no training saw.</p>
<h2>Answers</h2>${table(tables.models)}
<h2>Training</h2><div class="charts">${[
    line('Mean reward of a step', 'share of right answers', ({ reward }) => reward),
    line('Rounds of a conversation', 'rounds', ({ rounds }) => rounds),
    line('Different frames of a conversation', 'frames', ({ frames }) => frames),
  ].join('')}</div>
<h2>How the conversations of the trained model ended</h2>${table(tables.endings)}
<h2>Frames picked on the time line</h2><p class="key"><span><i class="k3"></i>seconds that show the answer</span><span><i class="k1"></i>frames of each round, one row a round</span></p>${report.cases.map(caseHtml).join('')}
<h2>Where the time went</h2>${table(tables.phases)}`
}
