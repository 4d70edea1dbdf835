import type { Rollouts } from '../../../api/index.ts'
import { signed, surprise } from '../../logic/groups.ts'
import { MiniLane } from '../../parts/mini-lane.tsx'

type Rollout = Rollouts['groups'][number]['rollouts'][number]

const Tokens = ({ rollout }: { readonly rollout: Rollout }) => (
  <pre class="reply tokens">
    {rollout.tokens.length === 0
      ? rollout.text
      : rollout.tokens.map(({ text, logProb }, i) => (
          <span
            key={`${i}`}
            style={{ '--surprise': `${Math.round(surprise(logProb) * 70)}%` }}
            title={`log-probability ${logProb.toFixed(3)}`}
          >
            {text}
          </span>
        ))}
  </pre>
)

const parts = (rollout: Rollout): string =>
  Object.entries(rollout.scores)
    .map(([name, score]) => `${name} ${score.toFixed(2)}`)
    .join(' · ')

interface RolloutRowProps {
  readonly rollout: Rollout
  readonly index: number
  readonly duration: number
}

/** One rollout: reward and advantage, its windows, and on demand its text with the log-probabilities as colour. */
export const RolloutRow = ({ rollout, index, duration }: RolloutRowProps) => (
  <details class="rollout">
    <summary class="rollout-row">
      <span>
        {index + 1}. reward <strong>{rollout.reward.toFixed(2)}</strong>
      </span>
      <span
        class={
          rollout.advantage === null ? '' : rollout.advantage > 0 ? 'up' : rollout.advantage < 0 ? 'down' : ''
        }
      >
        {rollout.advantage === null ? '' : signed(rollout.advantage)}
      </span>
      <MiniLane windows={rollout.windows} duration={duration} look="rollout" />
      <span class="muted">{rollout.iou === null ? rollout.outcome : `IoU ${rollout.iou.toFixed(2)}`}</span>
    </summary>
    <div class="rollout-text">
      <p class="muted">
        {parts(rollout)}
        {rollout.finish === 'stop' ? '' : ` · ended by ${rollout.finish}`}
      </p>
      <Tokens rollout={rollout} />
    </div>
  </details>
)
