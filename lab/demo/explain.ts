import { type DemoReport, type Difference, groupsOf } from './facts.ts'

const points = (value: number): string => Math.abs(value).toFixed(1)
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
const range = ([low, high]: Difference['interval']): string => `${low.toFixed(1)} to ${high.toFixed(1)}`

/** What one difference amounts to, in words: with one seed, only what the queries allow. */
const standing = (metric: string, { points: gain, interval }: Difference): string => {
  const side = gain >= 0 ? 'ahead of' : 'behind'
  const sure = interval[0] > 0 || interval[1] < 0
  return `${points(gain)} points of ${metric} ${side} the random control (95 % interval ${range(interval)}, ${sure ? 'more than chance over these queries' : 'no more than chance'})`
}

/** The report's own numbers in words, whichever run is ahead. */
export const explain = (report: DemoReport): ReadonlyArray<string> => {
  const { contest, measured, curves, world } = report
  const { miou, setIou, partial, seconds } = contest
  const base = measured.find(({ name }) => name === 'base')
  const curated = measured.find(({ name }) => name.includes('curated'))
  const constant = curves[1] === undefined ? Number.NaN : groupsOf(curves[1], 'hard', 0, 1 / 3).constant
  return [
    ...(base === undefined || curated === undefined
      ? []
      : [
          `Training takes the model from ${base.miou.toFixed(1)} to ${curated.miou.toFixed(1)} mIoU. The curated run is ${standing('mIoU', miou)} and ${standing('set IoU', setIou)}.`,
        ]),
    `Of the curated selection ${percent(partial.curated)} of the annotations still leave out a true window, of the random one ${percent(partial.random)} (${percent(world.partial)} of all). Annotations that name too few windows teach a model to name too few, which set IoU and the number of windows show before mIoU does.`,
    `Both agents took ${seconds.curation.toFixed(0)} s to judge ${world.samples} annotations, one training ${seconds.training.toFixed(0)} s: at this size curation costs ${(seconds.curation / Math.max(0.1, seconds.training)).toFixed(1)} trainings.`,
    ...(Number.isNaN(constant)
      ? []
      : [
          `Masks are meant for groups without a preferred answer. In the control, ${percent(constant)} of the groups about hard scenes were constant in the first third of the steps${constant < 0.5 ? ', so most hard samples teach something without a mask' : ''}.`,
        ]),
    'One seed of a small world decides nothing: docs/claims.md has the study over several seeds.',
  ]
}
