import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { listFolder } from '../../files/index.ts'
import { claimSettings, type FoldSettings, settingsHash } from '../../folds/index.ts'
import { answerer } from './answerer.ts'

/** The subject of an evaluation: the model, file or baseline, and everything that its answers depend on. */
export type EvaluationIdentity = Pick<FoldSettings, 'model' | 'prompt' | 'settings'> & {
  /** The agent that asks; the one that shows each clip once by default. */
  readonly agent?: string
}

const remedy = 'use those settings or another --out'

const settingsOf = (identity: EvaluationIdentity): FoldSettings => ({ agent: answerer.name, ...identity })

/** A folder name that no other identity has: the last part of the model's name and the hash of the whole. */
export const evaluationName = (identity: EvaluationIdentity): string => {
  const name = identity.model.model.split('/').at(-1) ?? ''
  return `${name.replaceAll(/[^\w.-]+/g, '-')}-${settingsHash(settingsOf(identity)).slice(0, 8)}`
}

/** Claims a folder for one evaluation. A folder with other files or another evaluation is refused. */
export const claimEvaluation = Effect.fn('Evaluator.claimEvaluation')(function* (
  folder: string,
  identity: EvaluationIdentity,
) {
  const names = yield* listFolder(folder)
  if (names.length > 0 && !names.includes('settings.json'))
    return yield* new InputError({
      subject: folder,
      problem: `contains files that no evaluation wrote (${names[0]} first)`,
      remedy: 'choose an empty or new folder with --out',
    })
  yield* claimSettings(folder, settingsOf(identity), remedy)
})
