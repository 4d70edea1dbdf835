import { join } from 'node:path'
import { Effect } from 'effect'
import { boundaryReflection, difficultyEstimation } from '../../agents/index.ts'
import { InputError, shellQuote } from '../../core/index.ts'
import type { Selection } from '../../curriculum/index.ts'
import { currentParts } from '../../folds/index.ts'
import type { Verdicts } from './verdicts.ts'

type Method = Selection['method']

/**
 * Refuses a run without verdicts that the method can select by: a random choice needs those of any agent, all others
 * difficulties.
 */
export const requireVerdicts = Effect.fnUntraced(function* (run: string, method: Method) {
  const agents = method === 'random' ? [boundaryReflection, difficultyEstimation] : [difficultyEstimation]
  for (const { name } of agents) if ((yield* currentParts(join(run, name))).length > 0) return
  const first = `run "spanwise ${shellQuote([agents[0]!.command, '--run', run])}" first`
  return yield* method === 'random'
    ? new InputError({ subject: run, problem: 'contains no verdicts', remedy: first })
    : new InputError({
        subject: join(run, difficultyEstimation.name),
        problem: 'contains no verdicts, and selection needs difficulties',
        remedy: `use --select random, or ${first}`,
      })
})

/** Refuses a slice without difficulties where the method selects by them, and says how many samples have no verdict yet. */
export const checkMeasured = Effect.fnUntraced(function* (
  { slice, pairs, planned, measured }: Verdicts,
  method: Method,
) {
  const name = `${slice.dataset} ${slice.split}`
  if (!measured && method !== 'random')
    return yield* new InputError({
      subject: name,
      problem: 'has no difficulties, and selection needs them',
      remedy: 'use --select random, or run "spanwise dea" on it first',
    })
  const looked = pairs.filter(({ bra, dea }) => (measured ? dea : bra) !== undefined).length
  if (planned !== null && looked < planned)
    yield* Effect.logWarning(
      `${planned - looked} of ${planned} planned samples of ${name} have no ${measured ? 'difficulty' : 'verdict'} yet; they are left out`,
    )
})
