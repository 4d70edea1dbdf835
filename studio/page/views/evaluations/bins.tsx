import type { Comparison } from '../../../api/index.ts'

const Bar = ({
  look,
  value,
  label,
}: {
  readonly look: string
  readonly value: number
  readonly label: string
}) => <div class={`bin ${look}`} style={{ height: `${Math.max(1, value * 100)}%` }} title={label} />

/** Mean IoU of both evaluations in each bin, as pairs of bars. */
export const Bins = ({ title, bins }: { readonly title: string; readonly bins: Comparison['byLength'] }) => (
  <figure class="bins">
    <figcaption>{title}</figcaption>
    <div
      class="bin-row"
      role="img"
      aria-label={bins.map(({ label, a, b }) => `${label}: A ${a.toFixed(2)}, B ${b.toFixed(2)}`).join('; ')}
    >
      {bins.map(({ label, samples, a, b }) => (
        <div key={label} class="bin-pair">
          <div class="pair">
            <Bar look="annotated" value={a} label={`A ${a.toFixed(3)}, ${samples} samples`} />
            <Bar look="prediction" value={b} label={`B ${b.toFixed(3)}, ${samples} samples`} />
          </div>
          <span>{label}</span>
          <span class="muted">{samples}</span>
        </div>
      ))}
    </div>
  </figure>
)
