import type { FunctionComponent } from 'preact'
import type { ViewName } from '../logic/place.ts'
import { place } from '../state/place.ts'
import { curation, runs, runsProblem } from '../state/runs.ts'
import { Evaluations } from '../views/evaluations/evaluations.tsx'
import { Folds } from '../views/folds/folds.tsx'
import { Rollouts } from '../views/rollouts/rollouts.tsx'
import { SampleView } from '../views/sample/sample-view.tsx'
import { Samples } from '../views/samples/samples.tsx'
import { Training } from '../views/training/training.tsx'
import { Help } from './help.tsx'
import { Empty, ProblemNotice } from './notice.tsx'
import { Top } from './top.tsx'

const pages: { readonly [View in ViewName]: FunctionComponent } = {
  samples: Samples,
  sample: SampleView,
  evaluations: Evaluations,
  training: Training,
  rollouts: Rollouts,
  folds: Folds,
}

const ofCurations = new Set<ViewName>(['samples', 'sample', 'folds'])

const Body = () => {
  const { view } = place.value
  if (runsProblem.value !== null && runs.value === null) return <ProblemNotice problem={runsProblem.value} />
  if (runs.value === null) return <p class="empty">Reading the list of runs …</p>
  if (ofCurations.has(view) && curation.value === null)
    return (
      <Empty title="No verdicts here yet">
        Run <code>npx pnpm@12 demo</code>, or <code>spanwise bra</code> and <code>spanwise dea</code> on your
        own data: this page shows them as they are made.
      </Empty>
    )
  const Page = pages[view]
  return <Page />
}

/** The frame around every view. */
export const Shell = () => (
  <div class="shell">
    <Top />
    <main class={`view ${place.value.view === 'samples' ? 'fixed' : ''}`} id="content">
      <Body />
    </main>
    <Help />
  </div>
)
