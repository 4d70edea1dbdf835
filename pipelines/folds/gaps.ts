import { spanwiseCommand } from '../../core/index.ts'

/** Samples of a run without a verdict: those whose video is absent and those that failed, of all that were planned. */
export interface Gaps {
  readonly planned: number
  readonly absent: number
  readonly failed: number
}

/** What an agent left undone, and the query that lists it; null if nothing. `first` is an absent video. */
export const describeGaps = (
  { planned, absent, failed }: Gaps,
  run: string,
  first?: string,
): { readonly problem: string; readonly listed: string } | null => {
  if (absent + failed === 0) return null
  const of = (count: number) => `${count} of ${planned} samples`
  const example = first === undefined ? '' : ` (the first is ${first})`
  return {
    problem: [
      ...(absent === 0 ? [] : [`${of(absent)} ${absent === 1 ? 'has' : 'have'} no video${example}`]),
      ...(failed === 0 ? [] : [`${of(failed)} failed`]),
    ].join(', '),
    listed: `list them with: ${spanwiseCommand('query', 'FROM failures', '--run', run)}`,
  }
}
