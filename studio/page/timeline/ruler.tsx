import { clock, markStep, marks, type Scale, toX } from '../logic/timeline.ts'

/** Times along the top. */
export const Ruler = ({ scale }: { readonly scale: Scale }) => {
  const step = markStep(scale)
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2
  return (
    <div class="ruler" aria-hidden="true">
      {marks(scale).map((mark) => (
        <span key={mark} style={{ left: `${toX(scale, mark)}px` }}>
          {clock(mark, digits)}
        </span>
      ))}
    </div>
  )
}
