import type { Folds } from '../../../api/index.ts'
import { cellText, words } from '../../logic/figures.ts'

type Fold = Folds['agents'][number]['folds'][number]

/** The model servers that running folds ask, and how they are. */
export const Servers = ({ folds }: { readonly folds: ReadonlyArray<Fold> }) => {
  const servers = folds.flatMap(({ index, endpoints }) => endpoints.map((endpoint) => ({ index, endpoint })))
  const failures = folds.flatMap((fold) => Object.entries(fold.failures))
  const names = [...new Set(servers.flatMap(({ endpoint }) => Object.keys(endpoint)))]
  return (
    <>
      {servers.length === 0 ? null : (
        <table>
          <caption>Model servers</caption>
          <thead>
            <tr>
              <th scope="col">fold</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {words(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {servers.map(({ index, endpoint }, i) => (
              <tr key={`${index} ${i}`}>
                <th scope="row">{index}</th>
                {names.map((name) => (
                  <td key={name}>{cellText(endpoint[name] ?? null)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {failures.length === 0 ? null : (
        <ul class="failures">
          {failures.map(([reason, samples], i) => (
            <li key={`${i}`}>
              <span class="badge bad">{samples}</span> {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
