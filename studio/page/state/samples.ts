import { effect, type Signal, signal } from '@preact/signals'
import type { SampleDetail } from '../../api/index.ts'
import { get, path, type Refused, refusedBy } from './api.ts'
import { revision } from './live.ts'

interface Entry {
  readonly data: SampleDetail | null
  readonly problem: Refused | null
}

/** Samples that were read, by address; the oldest go first. */
const known = new Map<string, Signal<Entry>>()
const most = 40

const read = (address: string, entry: Signal<Entry>): Promise<void> =>
  get<SampleDetail>(address).then(
    (data) => {
      entry.value = { data, problem: null }
    },
    (cause: unknown) => {
      const problem = refusedBy(cause)
      entry.value = { data: entry.peek().data, problem }
    },
  )

/** Where masked frames come from: a step of a training run. */
export interface Masking {
  readonly training: string | null
  readonly step: number | null
}

export const addressOf = (run: string, key: string, { training, step }: Masking): string =>
  path(['runs', run, 'samples', key], step === null || training === null ? {} : { training, step })

/** The sample at an address, read now where it is not known. */
export const sampleAt = (address: string): Signal<Entry> => {
  const found = known.get(address)
  if (found !== undefined) return found
  const entry = signal<Entry>({ data: null, problem: null })
  known.set(address, entry)
  const [oldest] = known.keys()
  if (known.size > most && oldest !== undefined) known.delete(oldest)
  void read(address, entry)
  return entry
}

/** Reads what is known again, whenever the run has changed. */
export const refresh = (run: string, shown: string): (() => void) => {
  let first = true
  return effect(() => {
    revision(run, 'verdicts')
    revision(run, 'decisions')
    revision(run, 'curations')
    if (first) {
      first = false
      return
    }
    for (const address of known.keys()) if (address !== shown) known.delete(address)
    const entry = known.get(shown)
    if (entry !== undefined) void read(shown, entry)
  })
}
