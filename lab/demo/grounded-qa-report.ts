import { grades } from '../../datasets/shapes/index.ts'
import { escape, lines } from '../../pipelines/report/chart.ts'
import { type Table, table } from '../../pipelines/report/page.ts'
import type { EvidenceReflection, JudgedQuestion } from './grounded-qa-measure.ts'
import type { Heading, Phase } from './stage.ts'
import type { StepMetrics } from './training-curve.ts'

/** The results of `spanwise demo --task gqa`. Accuracies are in percent. */
export interface GroundedQaReport extends Heading {
  readonly world: {
    readonly videos: number
    readonly questions: number
    /** Questions whose annotation leaves out a moment that shows the answer. */
    readonly hidden: number
    readonly validation: number
  }
  readonly reflection: EvidenceReflection
  readonly judged: ReadonlyArray<JudgedQuestion>
  readonly curation: { readonly decisions: { readonly [name: string]: number }; readonly selected: number }
  readonly measured: ReadonlyArray<{
    readonly name: string
    readonly parsed: number
    /** Right option, and windows with an IoU of at least 0.5. */
    readonly both: number
    readonly interval: readonly [low: number, high: number] | null
    readonly answered: number
    readonly grounded: number
  }>
  /** Of Acc@GQA, trained less base, over the same questions. */
  readonly gain: { readonly difference: number; readonly interval: readonly [low: number, high: number] }
  readonly steps: ReadonlyArray<StepMetrics>
  readonly phases: ReadonlyArray<Phase>
}

const places = ['neither', 'answer', 'grounding', 'both'] as const

/** What the command line shows, and the page too. */
export const groundedQaTables = (report: GroundedQaReport): ReadonlyArray<Table> => {
  const { reflection: bra, judged, measured, phases } = report
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [
    {
      head: ['boundary reflection', 'measured', 'floor'],
      rows: [
        ['AUROC', Number.isFinite(bra.auroc) ? bra.auroc.toFixed(3) : '-', '0.5'],
        ['precision', percent(bra.precision), `${percent(bra.alwaysFlag)} always flag`],
        ['recall', percent(bra.recall), '-'],
      ],
    },
    {
      head: ['hard to', ...grades, 'all'],
      rows: places.map((place) => {
        const at = judged.filter(({ hardAt }) => hardAt === place)
        const name = { neither: 'neither', answer: 'answer', grounding: 'ground', both: 'both' }[place]
        const byGrade = grades.map((grade) => String(at.filter((one) => one.grade === grade).length))
        return [name, ...byGrade, String(at.length)]
      }),
    },
    {
      head: ['model', 'Acc@GQA', '95 % interval', 'Acc@QA', 'GQA-mIoU', 'parsed'],
      rows: measured.map(({ name, both, interval, answered, grounded, parsed }) => [
        name,
        both.toFixed(1),
        interval === null ? '-' : `${interval[0].toFixed(1)} to ${interval[1].toFixed(1)}`,
        answered.toFixed(1),
        grounded.toFixed(1),
        percent(parsed),
      ]),
    },
    { head: ['phase', 'seconds'], rows: phases.map(({ phase, seconds }) => [phase, seconds.toFixed(1)]) },
  ]
}

/** The report as the body of a page. */
export const groundedQaBody = (report: GroundedQaReport): string => {
  const { world, gain, steps, curation } = report
  const [reflection, hard, models, phases] = groundedQaTables(report) as [Table, Table, Table, Table]
  const curve = (name: string, colour: number, figure: (step: StepMetrics) => number) => ({
    ...{ name, colour },
    points: steps.map((step) => [step.step + 1, figure(step)] as const),
  })
  const charts = [
    lines({ title: 'Rewards of a step', x: 'step', y: 'mean over rollouts', range: [0, 1] }, [
      curve('option', 1, ({ rewards }) => rewards.answer ?? 0),
      curve('windows (IoU)', 2, ({ rewards }) => rewards.glue_iou ?? 0),
    ]),
    lines({ title: 'Groups whose rewards are all equal', x: 'step', y: 'share', range: [0, 1] }, [
      curve('constant groups', 3, ({ constant }) => constant),
    ]),
  ]
  const sign = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(1)}`
  return `<h1>Spanwise demo: grounded questions</h1>
<p>Version ${escape(report.version)}, ${escape(report.created)}, seed ${report.seed}, ${escape(report.machine)}. ${world.videos} videos of the shapes world were rendered; each has a question with four options whose right one is shown at certain times. Of ${world.questions} annotations ${world.hidden} were made to leave out one of several such times. Models are measured on ${world.validation} questions about videos that no training saw.</p>
<h2>Is the evidence elsewhere too?</h2>${table(reflection)}
<h2>Hard to answer, hard to ground, or both</h2><p>Questions by where the base fails, each in eight tries.</p>${table(hard)}
<h2>Models on the validation split, percent</h2>${table(models)}
<p>GRPO on ${curation.selected} curated questions changes Acc@GQA (right option, and windows with an IoU of at least 0.5) by ${sign(gain.difference)} points, 95 % interval ${sign(gain.interval[0])} to ${sign(gain.interval[1])} over the same questions${gain.interval[0] > 0 ? '' : gain.interval[1] < 0 ? ': a loss' : ': with so few questions, no change is not excluded'}.</p>
<h2>Training</h2><div class="charts">${charts.join('')}</div>
<h2>Where the time went</h2>${table(phases)}`
}
