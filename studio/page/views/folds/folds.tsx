import type { Folds as Answer } from '../../../api/index.ts'
import { words } from '../../logic/figures.ts'
import { Empty, ProblemNotice } from '../../parts/notice.tsx'
import { path } from '../../state/api.ts'
import { useFetched } from '../../state/fetched.ts'
import { revision } from '../../state/live.ts'
import { curation } from '../../state/runs.ts'
import { FoldRow } from './fold-row.tsx'
import { Servers } from './servers.tsx'

type Agent = Answer['agents'][number]

const AgentFolds = ({ agent }: { readonly agent: Agent }) => (
  <section class="panel folds" aria-label={agent.agent}>
    <h2>
      {words(agent.agent)} <span class="muted">{`${agent.dataset} · ${agent.split}`}</span>
    </h2>
    <table>
      <thead>
        <tr>
          <th scope="col">fold</th>
          <th scope="col">state</th>
          <th scope="col" class="wide">
            progress
          </th>
          <th scope="col">kept</th>
          <th scope="col">dropped</th>
          <th scope="col">failed</th>
          <th scope="col">absent</th>
          <th scope="col">rate</th>
          <th scope="col">left</th>
          <th scope="col">host</th>
        </tr>
      </thead>
      <tbody>
        {agent.folds.map((fold) => (
          <FoldRow key={fold.index} fold={fold} />
        ))}
      </tbody>
    </table>
    <Servers folds={agent.folds} />
  </section>
)

/** Progress of the agents, fold by fold, while they run and afterwards. */
export const Folds = () => {
  const run = curation.value ?? ''
  const { data, problem } = useFetched<Answer>(path(['runs', run, 'folds']), revision(run, 'folds'))
  return (
    <>
      <h1 class="unseen">Folds</h1>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {data !== null && data.agents.length === 0 ? (
        <Empty title="No folds here yet">
          <code>spanwise bra</code> and <code>spanwise dea</code> work through a dataset in folds.
        </Empty>
      ) : null}
      {data?.agents.map((agent) => (
        <AgentFolds key={`${agent.agent} ${agent.dataset} ${agent.split}`} agent={agent} />
      ))}
    </>
  )
}
