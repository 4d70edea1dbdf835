import { Effect } from 'effect'
import { InputError, random, Windows } from '../core/index.ts'
import { refusalsOf } from '../curriculum/index.ts'
import type { TrainingItem } from './data.ts'

/**
 * The items with refusals beside them: grounding queries asked once more of a part of their own video in which they do not
 * hold while another query of the data does, so that `none` is learnt on hard negatives. As many are added as `refusals`
 * times the grounding items, or all that the data allows. They are never masked: there is no window to keep.
 */
export const withRefusals = Effect.fnUntraced(function* (
  items: ReadonlyArray<TrainingItem>,
  { refusals = 0, seed }: { readonly refusals?: number | undefined; readonly seed: number },
): Effect.fn.Return<ReadonlyArray<TrainingItem>, InputError> {
  if (refusals === 0) return items
  // Keys are unique over all datasets of a training, ids are not.
  const byKey = new Map(items.map((item) => [item.key, item]))
  const made = refusalsOf(
    items.map(({ key, sample }) => ({ ...sample, id: key })),
    { seed },
  )
  if (made.length === 0)
    return yield* new InputError({
      subject: 'setting "refusals"',
      problem: 'no video of the data has a part in which one query holds and another does not',
      remedy: 'leave it out, or add samples with other queries about the same videos',
    })
  const grounding = items.filter(({ sample }) => sample.task === 'grounding').length
  const wanted = Math.round(refusals * grounding)
  if (made.length < wanted)
    yield* Effect.logWarning(`refusals: the data allows ${made.length} of the ${wanted} that are asked for`)
  const chosen = random('refusals', seed)
    .shuffle([...made])
    .slice(0, wanted)
  return [
    ...items,
    ...chosen.map(({ sample, part }): TrainingItem => {
      const { id } = byKey.get(sample.id)!.sample
      return {
        key: `${sample.id}/refusal`,
        sample: { ...sample, id, duration: Windows.length(part) },
        ...{ part, difficulty: 0.5, band: 'medium', weight: byKey.get(sample.id)!.weight },
      }
    }),
  ]
})
