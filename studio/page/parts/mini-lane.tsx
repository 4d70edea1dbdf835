import type { Window } from '../../../core/index.ts'
import { windowText } from '../logic/figures.ts'

interface MiniLaneProps {
  readonly windows: ReadonlyArray<Window> | null
  readonly duration: number
  /** Names the colour: `annotated`, `rollout`, `prediction`, ... */
  readonly look: string
}

/** Windows over the whole length of a video, without a time line of its own. */
export const MiniLane = ({ windows, duration, look }: MiniLaneProps) => (
  <div class={`mini ${look}`} role="img" aria-label={windows?.map(windowText).join('; ') || 'none'}>
    {(windows ?? []).map(([start, end], i) => (
      <div
        key={`${i}`}
        style={{ left: `${(start / duration) * 100}%`, width: `${((end - start) / duration) * 100}%` }}
        title={windowText([start, end])}
      />
    ))}
  </div>
)
