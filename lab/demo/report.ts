import { grades } from '../../datasets/shapes/index.ts'
import { caseHtml, laneKey } from '../../pipelines/report/case.ts'
import { escape, histogram, lines } from '../../pipelines/report/chart.ts'
import { table } from '../../pipelines/report/page.ts'
import { explain } from './explain.ts'
import { type Case, type DemoReport, groupsOf } from './facts.ts'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const fixed = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '-')

const thirds = [
  { name: 'first', from: 0, to: 1 / 3 },
  { name: 'last', from: 2 / 3, to: 1 },
] as const

/** The tables of the page; the command line shows most of them. */
export const tables = (report: DemoReport) => {
  const { reflection: bra, difficulty: dea } = report
  return {
    agents: {
      head: ['agent', 'figure', 'measured', 'floor'],
      rows: [
        ['boundary reflection', 'AUROC', fixed(bra.auroc), `${fixed(bra.shortWindow)} short-window rule`],
        ['', 'AUROC on hard scenes', fixed(bra.aurocByGrade.hard), '-'],
        ['', 'precision', percent(bra.precision), `${percent(bra.alwaysFlag)} always flag`],
        ['', 'recall', percent(bra.recall), '-'],
        ['difficulty estimation', 'Spearman with grade', fixed(dea.spearman), '0'],
      ],
    },
    models: {
      head: ['model', 'mIoU', '95 % interval', 'set IoU', 'R1@0.5', 'easy', 'medium', 'hard', 'parsed'],
      rows: report.measured.map(({ name, miou, setIou, interval, recall, parsed, byGrade }) => [
        name,
        miou.toFixed(2),
        interval === null ? '-' : `${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`,
        setIou.toFixed(2),
        recall.toFixed(2),
        ...['easy', 'medium', 'hard'].map((grade) => byGrade[grade]?.toFixed(2) ?? '-'),
        percent(parsed),
      ]),
    },
    groups: {
      head: ['training', 'steps', ...grades.flatMap((grade) => [`${grade}: constant`, 'spread'])],
      rows: report.curves.flatMap((curve) =>
        thirds.map(({ name, from, to }) => [
          ...[curve.name, `${name} third`],
          ...grades.flatMap((grade) => {
            const { constant, spread } = groupsOf(curve, grade, from, to)
            return [Number.isNaN(constant) ? '-' : percent(constant), fixed(spread)]
          }),
        ]),
      ),
    },
    phases: {
      head: ['phase', 'seconds'],
      rows: report.phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]),
    },
  }
}

const colours = [
  { name: 'annotated', colour: 1 },
  { name: 'true', colour: 3 },
  { name: 'proposed by boundary reflection', colour: 2 },
] as const

const flaggedHtml = ({ annotated, truth, proposals, ...one }: Case): string =>
  caseHtml({
    ...one,
    note: `${one.sample}, score ${one.score.toFixed(2)}, the annotation ${one.partial ? 'misses a true window' : 'is complete'}`,
    lanes: colours.map((lane, index) => ({ ...lane, windows: [annotated, truth, proposals][index]! })),
  })

/** The report as the body of a page. */
export const demoBody = (report: DemoReport): string => {
  const shown = tables(report)
  const { world, curves, difficulty } = report
  const charts = [
    lines(
      { title: 'Mean reward of a step', x: 'step', y: 'set IoU of rollouts' },
      curves.map(({ name, steps }, index) => ({
        name,
        colour: index + 1,
        points: steps.map(({ step, reward }) => [step + 1, reward] as const),
      })),
    ),
    lines(
      { title: 'Validation set IoU', x: 'step', y: 'set IoU' },
      curves.map(({ name, validation }, index) => ({
        name,
        colour: index + 1,
        points: validation.map(({ step, setIou }) => [step, setIou] as const),
      })),
    ),
    lines(
      { title: 'Entropy of the rollouts', x: 'step', y: 'nats a token' },
      curves.map(({ name, steps }, index) => ({
        name,
        colour: index + 1,
        points: steps.map(({ step, entropy }) => [step + 1, entropy] as const),
      })),
    ),
    histogram(
      { title: 'Difficulty of the training samples', x: 'difficulty', y: 'samples' },
      difficulty.histogram,
    ),
  ]
  return `<h1>Spanwise demo</h1>
<p>Version ${escape(report.version)}, ${escape(report.created)}, seed ${report.seed}, ${escape(report.machine)}. ${world.videos} videos of the shapes world were rendered; ${world.samples} grounding annotations of them, of which ${percent(world.partial)} leave out a true window, went through both agents; boundary reflection asked ${escape(report.judge)}. Models are measured on ${world.validation} queries about videos that no training saw, against the true windows.</p>
<h2>The agents against the world's truth</h2>${table(shown.agents)}
<h2>Models on the validation split, percent</h2>${table(shown.models)}
${explain(report)
  .map((line) => `<p>${escape(line)}</p>`)
  .join('')}
<h2>Training</h2><div class="charts">${charts.join('')}</div>
<h2>Groups whose rewards are all equal, and the spread of the rewards within groups</h2>${table(shown.groups)}
<h2>Where the time went</h2>${table(shown.phases)}
<h2>Flagged annotations</h2>${laneKey(colours)}${report.cases.map(flaggedHtml).join('')}`
}
