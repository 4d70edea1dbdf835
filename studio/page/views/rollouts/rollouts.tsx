import type { Rollouts as Answer } from '../../../api/index.ts'
import { Empty, ProblemNotice } from '../../parts/notice.tsx'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { place } from '../../state/place.ts'
import { training } from '../../state/runs.ts'
import { GroupCard } from './group-card.tsx'
import { StepChoice } from './step-choice.tsx'

/** The rollouts of one training step, group by group. */
export const Rollouts = () => {
  const run = training.value
  const { step } = place.value
  const address = run === null ? null : path(['runs', run, 'rollouts'], { step })
  const { data, problem } = useFetched<Answer>(address, revision(run ?? '', 'rollouts'))
  if (run === null)
    return (
      <Empty title="No training runs here yet">
        <code>spanwise train curriculum</code> records the rollouts of its steps.
      </Empty>
    )
  const constant = data?.groups.filter((group) => group.constant).length ?? 0
  return (
    <>
      <h1 class="unseen">Rollouts</h1>
      <StepChoice run={run} steps={data?.steps ?? []} step={data?.step ?? null} />
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {data === null || data.step !== null ? null : <p class="empty">No step has rollouts yet.</p>}
      {data === null ? null : (
        <p class="muted summary" role="status">
          {data.groups.length === 1 ? '1 group' : `${data.groups.length} groups`}, {constant} constant
        </p>
      )}
      <div class="groups">
        {data?.groups.map((group, index) => (
          <GroupCard key={`${group.key} ${index}`} group={group} />
        ))}
      </div>
    </>
  )
}
