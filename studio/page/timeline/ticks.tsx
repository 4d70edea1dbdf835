import { type Scale, toX } from '../logic/timeline.ts'

/** Points in time as one path: there may be hundreds. */
export const Ticks = ({ times, scale }: { readonly times: ReadonlyArray<number>; readonly scale: Scale }) => (
  <svg class="ticks" width={scale.width} height="100%" aria-hidden="true">
    <path
      d={times
        .map((time) => toX(scale, time))
        .filter((x) => x >= -1 && x <= scale.width + 1)
        .map((x) => `M${x.toFixed(1)} 3v14`)
        .join('')}
    />
  </svg>
)
