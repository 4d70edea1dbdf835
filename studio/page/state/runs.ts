import { computed, effect, signal } from '@preact/signals'
import type { Run, Runs } from '../../api/index.ts'
import { get, path, type Refused, refusedBy } from './api.ts'
import { revision } from './live.ts'
import { place } from './place.ts'

export const runs = signal<Runs | null>(null)
export const runsProblem = signal<Refused | null>(null)

/** Reads the list of runs now and whenever it changes. */
export const watchRuns = (): void => {
  effect(() => {
    revision('', 'runs')
    get<Runs>(path(['runs'])).then(
      (list) => {
        runs.value = list
        runsProblem.value = null
      },
      (cause: unknown) => {
        runsProblem.value = refusedBy(cause)
      },
    )
  })
}

const ofKind = (kind: Run['kind']) =>
  computed(() => runs.value?.runs.filter((run) => run.kind === kind) ?? [])
export const curations = ofKind('curation')
export const trainings = ofKind('training')
export const evaluations = ofKind('evaluation')

/** Id of the curation that is shown: that of the address, else the suggested one, else the newest. */
export const curation = computed((): string | null => {
  const asked = place.value.run
  if (asked !== null) return asked
  const suggested = curations.value.find(({ id }) => id === runs.value?.home)
  return (suggested ?? curations.value[0])?.id ?? null
})

/** Id of the training run that is shown: that of the address, else the newest. */
export const training = computed((): string | null => place.value.training ?? trainings.value[0]?.id ?? null)

export const nameOf = (id: string): string => runs.value?.runs.find((run) => run.id === id)?.name ?? id
