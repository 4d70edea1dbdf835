import type { ComponentChildren } from 'preact'
import type { Refused } from '../state/api.ts'

/** Why something is not shown, and what to do. */
export const ProblemNotice = ({ problem }: { readonly problem: Refused }) => (
  <div class="notice bad" role="alert">
    <strong>{problem.message}</strong>
    {problem.remedy === null ? null : <p class="muted">{problem.remedy}</p>}
  </div>
)

export const Empty = ({
  title,
  children,
}: {
  readonly title: string
  readonly children: ComponentChildren
}) => (
  <div class="empty">
    <h2>{title}</h2>
    <p>{children}</p>
  </div>
)
