import { random, type Sample, type Window } from '../../core/index.ts'
import { bandOf, type Candidate, defaultBounds, defaultSelection, select } from '../../curriculum/index.ts'
import { defaultActSettings } from '../../pipelines/curate/act.ts'
import type { Recipe } from './arms.ts'
import type { PoolRow } from './rows.ts'

/** One line of an arm's training file. */
export interface Chosen {
  readonly row: PoolRow
  readonly windows: ReadonlyArray<Window>
  readonly weight: number
  /** Null where no agent looked. */
  readonly iou: number | null
}

const plain = (row: PoolRow): Chosen => ({ row, windows: row.sample.windows ?? [], weight: 1, iou: null })

const shuffled = (pool: ReadonlyArray<PoolRow>, purpose: string, seed: number) =>
  random('claims', purpose, seed).shuffle(pool)

/** The noise dose: 60 % of the samples miss a window in their annotation, less those that have it put back. */
const dosed = (pool: ReadonlyArray<PoolRow>, partial: number, size: number, seed: number) => {
  const mixed = shuffled(pool, 'dose', seed)
  const noisy = mixed.filter((row) => row.partial).slice(0, Math.round(0.6 * size))
  const clean = mixed.filter((row) => !row.partial).slice(0, size - noisy.length)
  const left = Math.round(partial * size)
  return [
    ...noisy.map((row, index) => (index < left ? plain(row) : { ...plain(row), windows: row.truth })),
    ...clean.map(plain),
  ]
}

const selected = (
  pool: ReadonlyArray<PoolRow>,
  recipe: Extract<Recipe, { from: 'verdicts' }>,
  size: number,
  seed: number,
): ReadonlyArray<Chosen> => {
  const { oracle = false, screened = 1 } = recipe
  const seen = shuffled(pool, 'screen', seed).slice(0, Math.round(screened * pool.length))
  const open = seen.flatMap((row): ReadonlyArray<Chosen> => {
    if (row.judged === null) throw new Error(`${row.sample.id} has no verdict`)
    const { verdict, repaired, iou } = row.judged
    const found = oracle ? row.partial : verdict === 'partial'
    const kept = { ...plain(row), iou: iou.annotated }
    if (!found || recipe.action === 'keep') return [kept]
    if (recipe.action === 'drop') return []
    if (recipe.action === 'downweight') return [{ ...kept, weight: defaultActSettings.weight }]
    return oracle
      ? [{ ...kept, windows: row.truth, iou: iou.truth }]
      : [{ ...kept, windows: repaired, iou: iou.repaired }]
  })
  const byId = new Map(open.map((one) => [one.row.sample.id, one]))
  const candidates = open.map(
    ({ row, windows, iou }): Candidate => ({
      id: row.sample.id,
      iou: iou ?? 0,
      windows,
      duration: row.sample.duration ?? 0,
    }),
  )
  if (candidates.length < size) throw new Error(`only ${candidates.length} of ${size} samples are left`)
  const ids = select(candidates, { ...defaultSelection, method: recipe.select, count: size, seed })
  return ids.map((id) => byId.get(id)!)
}

/** The samples that an arm trains on with one seed. */
export const choose = (pool: ReadonlyArray<PoolRow>, recipe: Recipe, seed: number): ReadonlyArray<Chosen> => {
  const tenth = Math.round(0.1 * pool.length)
  switch (recipe.from) {
    case 'annotations':
      return shuffled(pool, 'share', seed)
        .slice(0, Math.round(recipe.share * pool.length))
        .map(plain)
    case 'dose':
      return dosed(pool, recipe.partial, tenth, seed)
    case 'verdicts':
      return selected(pool, recipe, tenth, seed)
  }
}

/** A training file's line, as `curate` writes it. */
export const trainingLine = ({ row, windows, weight, iou }: Chosen): string => {
  const sample: Sample = { ...row.sample, windows }
  const difficulty = iou === null ? null : 1 - iou
  return `${JSON.stringify(
    difficulty === null
      ? sample
      : { ...sample, curation: { difficulty, band: bandOf(difficulty, defaultBounds), weight } },
  )}\n`
}
