import { Effect } from 'effect'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { untrained } from './base.ts'
import { grafted } from './graft.ts'
import type { LessonSettings } from './lessons/index.ts'

/** Random weights, or those of an earlier run with the tokenizer of today's lessons. */
export const startOf = Effect.fnUntraced(function* (
  folder: string,
  settings: LessonSettings,
  { from, seed }: { readonly from?: string | undefined; readonly seed: number },
) {
  const fresh = untrained(folder, settings, seed)
  if (from === undefined) return fresh
  const trained = yield* readCheckpoint(from)
  return yield* grafted(trained, fresh)
})
