import type { Decisions } from '../../../api/index.ts'
import { figure, percent } from '../../logic/figures.ts'

/** How far reviewers agree over all samples that two of them decided about. */
export const Agreements = ({ decisions }: { readonly decisions: Decisions | null }) => {
  if (decisions === null || decisions.agreement.length === 0) return null
  return (
    <section>
      <h2>Agreement of reviewers</h2>
      <table class="small">
        <thead>
          <tr>
            <th scope="col">reviewers</th>
            <th scope="col">samples</th>
            <th scope="col">agreed</th>
            <th scope="col">kappa of accept</th>
            <th scope="col">set IoU</th>
          </tr>
        </thead>
        <tbody>
          {decisions.agreement.map(({ a, b, samples, agreed, kappa, setIou }) => (
            <tr key={`${a} ${b}`}>
              <th scope="row">
                {a} and {b}
              </th>
              <td>{samples}</td>
              <td>{percent(agreed)}</td>
              <td>{kappa === null ? '–' : figure(kappa)}</td>
              <td>{setIou === null ? '–' : figure(setIou)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
