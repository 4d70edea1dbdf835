import { Effect } from 'effect'
import { mean, type Window } from '../../core/index.ts'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { lessonGroup } from './groups.ts'
import { type LessonKind, type LessonSettings, lessonKinds, lessonsOf, sharesOf } from './lessons/index.ts'

/** Mean loss of an answer's tokens, in nats, with the clip's frames as they are and with all of them black. */
export interface Sight {
  readonly seen: number
  readonly black: number
}

/**
 * How much the model uses what it sees, for each kind of lesson. A model that ignores the video can still
 * have a low loss and a fair IoU; the two numbers are then the same.
 */
export const sight = Effect.fnUntraced(function* (
  engine: EngineService,
  checkpoint: Preprocessing,
  settings: LessonSettings,
  scenes = 8,
) {
  const meanLoss = Effect.fnUntraced(function* (kind: LessonKind, blanked?: ReadonlyArray<Window>) {
    const only = { ...settings, shares: sharesOf((one) => [one === kind ? 1 : 0]) }
    const groups = Array.from({ length: scenes }, (_, index) => lessonsOf(only, 1, 'sight', index))
      .flat()
      .map((lesson) => lessonGroup(checkpoint, blanked === undefined ? lesson : { ...lesson, blanked }))
    const scores = yield* engine.score(
      groups.map(({ prompt, completions }) => ({
        prompt,
        completions: completions.map(({ tokens }) => tokens),
      })),
    )
    const losses = groups.flatMap(({ completions }, g) =>
      completions.flatMap(({ lossMask }, c) => scores[g]![c]!.filter((_, i) => lossMask?.[i] === 1)),
    )
    return -mean(losses)
  })
  const rows = yield* Effect.forEach(
    lessonKinds,
    Effect.fnUntraced(function* (kind) {
      const seen = yield* meanLoss(kind)
      const black = yield* meanLoss(kind, [[0, Number.POSITIVE_INFINITY]])
      return [kind, { seen, black } satisfies Sight] as const
    }),
  )
  return Object.fromEntries(rows) as { readonly [kind in LessonKind]: Sight }
})
