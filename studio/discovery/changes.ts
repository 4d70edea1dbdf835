import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import { holderOf } from '../../files/index.ts'
import type { Change } from '../api/index.ts'
import type { FoundRun } from './find.ts'

/** Time and size of a file or folder: what a change of it changes. */
const stampOf = (path: string): { readonly text: string; readonly time: number } => {
  try {
    const { mtimeMs, size } = statSync(path)
    return { text: `${mtimeMs} ${size}`, time: mtimeMs }
  } catch {
    return { text: '', time: 0 }
  }
}

const below = (folder: string, fits: RegExp): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
      .filter((name) => fits.test(name))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

const counted = new Map<string, { readonly stamp: string; readonly parts: number }>()

/** The finished part files of a fold: its folder changes every second while it runs, they do not. */
const partsIn = (fold: string): number => {
  const stamp = stampOf(fold).text
  const known = counted.get(fold)
  if (known?.stamp === stamp) return known.parts
  const parts = below(fold, /^part-\d+\.parquet$/).length
  counted.set(fold, { stamp, parts })
  return parts
}

/** Folders of an agent's slices and their folds. */
const foldFolders = (run: string): ReadonlyArray<string> =>
  Object.values(agents).flatMap(({ name }) => {
    const slices = [join(run, name), ...below(join(run, name), /^split-/)]
    return slices.flatMap((slice) => below(slice, /^fold-/))
  })

/** The files and folders of a run that say what has changed. */
const watched = ({
  kind,
  path,
}: FoundRun): ReadonlyArray<readonly [Change['what'], ReadonlyArray<string>]> => {
  if (kind === 'training')
    return [
      ['metrics', [join(path, 'metrics.jsonl')]],
      ['rollouts', [join(path, 'rollouts.jsonl')]],
      ['validation', [join(path, 'validation.jsonl')]],
    ]
  if (kind === 'evaluation')
    return [['evaluation', [join(path, 'predictions.jsonl'), join(path, 'report.json')]]]
  const folds = foldFolders(path)
  const plans = Object.values(agents).flatMap(({ name }) => {
    const slices = [join(path, name), ...below(join(path, name), /^split-/)]
    return slices.map((slice) => join(slice, 'plan.json'))
  })
  return [
    ['verdicts', [...folds.map((fold) => join(fold, 'manifest.json')), ...plans]],
    [
      'folds',
      [...plans, ...folds.flatMap((fold) => [join(fold, 'status.json'), join(fold, 'manifest.json')])],
    ],
    ['decisions', below(join(path, 'reviews'), /\.jsonl$/)],
    ['curations', below(path, /^(?!curation\.duckdb)/).map((one) => join(one, 'decisions.parquet'))],
  ]
}

/**
 * The state of a run: a text for each kind of change that differs once it has happened, and the latest time.
 *
 * @param only the kinds that are asked for: each looks at every fold, of which a large run has hundreds
 */
export const stateOf = (
  run: FoundRun,
  only?: ReadonlySet<Change['what']>,
): { readonly texts: ReadonlyMap<Change['what'], string>; readonly modified: number } => {
  const texts = new Map<Change['what'], string>()
  let modified = 0
  for (const [what, paths] of watched(run)) {
    if (only?.has(what) === false) continue
    const stamps = paths.map(stampOf)
    const parts = what === 'verdicts' ? foldFolders(run.path).map(partsIn) : []
    texts.set(what, [...stamps.map(({ text }) => text), ...parts].join('|'))
    for (const { time } of stamps) modified = Math.max(modified, time)
  }
  return { texts, modified }
}

/** Folders of a run to which a process writes at present; without a word of any file a killed one is none. */
export const heldFolders = Effect.fnUntraced(function* (run: FoundRun) {
  const folders = run.kind === 'curation' ? foldFolders(run.path) : [run.path, ...below(run.path, /^fold-/)]
  return yield* Effect.filter(folders, (folder) =>
    holderOf(folder).pipe(
      Effect.map((holder) => holder !== null),
      Effect.orElseSucceed(() => false),
    ),
  )
})
