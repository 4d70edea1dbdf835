import type { Folds } from '../../../api/index.ts'
import { count, durationText, figure } from '../../logic/figures.ts'

type Fold = Folds['agents'][number]['folds'][number]

const tone = { waiting: '', running: 'warn', stopped: 'bad', done: 'good' } as const

const failuresText = (failures: Fold['failures']): string =>
  Object.entries(failures)
    .map(([reason, samples]) => `${reason}: ${samples}`)
    .join('; ')

const Bar = ({ fold }: { readonly fold: Fold }) => {
  const share = (part: number) => `${fold.planned === 0 ? 0 : (part / fold.planned) * 100}%`
  return (
    <div class="progress" role="img" aria-label={`${fold.done} of ${fold.planned}`}>
      <div class="kept" style={{ width: share(fold.kept) }} />
      <div class="dropped" style={{ width: share(fold.dropped) }} />
      <div class="failed" style={{ width: share(fold.failed + fold.absent) }} />
    </div>
  )
}

export const FoldRow = ({ fold }: { readonly fold: Fold }) => (
  <tr>
    <th scope="row">{fold.index}</th>
    <td>
      <span class={`badge ${tone[fold.state]}`}>{fold.state}</span>
    </td>
    <td class="wide">
      <Bar fold={fold} />
      <span class="muted">
        {count(fold.done)} of {count(fold.planned)}
      </span>
    </td>
    <td>{count(fold.kept)}</td>
    <td>{count(fold.dropped)}</td>
    <td title={failuresText(fold.failures)}>{count(fold.failed)}</td>
    <td>{count(fold.absent)}</td>
    <td>{fold.rate === null ? '' : `${figure(fold.rate)}/s`}</td>
    <td>{fold.eta === null ? '' : durationText(fold.eta)}</td>
    <td class="muted">{fold.host ?? ''}</td>
  </tr>
)
