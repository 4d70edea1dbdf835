import type { Rollouts } from '../../../api/index.ts'
import { groupLength } from '../../logic/groups.ts'
import { clock } from '../../logic/timeline.ts'
import { Link } from '../../parts/link.tsx'
import { MiniLane } from '../../parts/mini-lane.tsx'
import { RolloutRow } from './rollout-row.tsx'

type Group = Rollouts['groups'][number]

/** One prompt with its G rollouts as lanes. */
export const GroupCard = ({ group }: { readonly group: Group }) => {
  const duration = groupLength(group)
  return (
    <article class={`panel group ${group.constant ? 'constant' : ''}`}>
      <header class="row">
        <h2 class="grow">{group.query ?? group.key}</h2>
        {group.constant ? <span class="badge warn">constant: teaches nothing</span> : null}
        <Link to={{ view: 'sample', sample: group.key, time: 0, zoom: null }}>
          {group.sample ?? 'sample'}
        </Link>
      </header>
      <div class="rollout-row first">
        <span class="muted">annotated</span>
        <span />
        <MiniLane windows={group.windows} duration={duration} look="annotated" />
        <span class="muted">{clock(duration, 1)}</span>
      </div>
      {group.rollouts.map((rollout, index) => (
        <RolloutRow key={`${index}`} rollout={rollout} index={index} duration={duration} />
      ))}
    </article>
  )
}
