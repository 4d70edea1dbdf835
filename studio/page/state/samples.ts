import { effect, type Signal, signal } from '@preact/signals'
import type { SampleDetail } from '../../api/index.ts'
import { get, path, type Refused, refusedBy } from './api.ts'
import { revision } from './live.ts'

interface Entry {
  readonly data: SampleDetail | null
  readonly problem: Refused | null
}

interface Known {
  readonly run: string
  readonly entry: Signal<Entry>
  /** Readings so far: only the latest one counts. */
  readings: number
}

/** Samples that were read, by address; the oldest go first. */
const known = new Map<string, Known>()
const most = 40
/** Address of the sample on the page. */
let onPage: string | null = null

const read = (address: string, one: Known): void => {
  const reading = ++one.readings
  const put = (next: (was: Entry) => Entry) => {
    if (reading === one.readings) one.entry.value = next(one.entry.peek())
  }
  get<SampleDetail>(address).then(
    (data) => put(() => ({ data, problem: null })),
    (cause: unknown) => put(({ data }) => ({ data, problem: refusedBy(cause) })),
  )
}

const watched = new Set<string>()

/** From now on whatever changes in the run is read again: the sample on the page at once, the others when they are shown. */
const watch = (run: string): void => {
  if (watched.has(run)) return
  watched.add(run)
  let first = true
  effect(() => {
    for (const what of ['verdicts', 'decisions', 'curations', 'evaluation'] as const) revision(run, what)
    if (first) {
      first = false
      return
    }
    for (const [address, one] of known) {
      if (one.run !== run) continue
      if (address === onPage) read(address, one)
      else known.delete(address)
    }
  })
}

/** Where masked frames come from: a step of a training run. */
export interface Masking {
  readonly training: string | null
  readonly step: number | null
}

/** A sample as it is read. */
export interface Asked {
  readonly run: string
  readonly address: string
}

export const asked = (run: string, key: string, { training, step }: Masking): Asked => ({
  run,
  address: path(['runs', run, 'samples', key], step === null || training === null ? {} : { training, step }),
})

/** A sample, read now where it is not known. */
export const sampleAt = ({ run, address }: Asked): Signal<Entry> => {
  const found = known.get(address)
  if (found !== undefined) return found.entry
  watch(run)
  const one: Known = { run, entry: signal<Entry>({ data: null, problem: null }), readings: 0 }
  known.set(address, one)
  const [oldest] = [...known.keys()].filter((each) => each !== onPage)
  if (known.size > most && oldest !== undefined) known.delete(oldest)
  read(address, one)
  return one.entry
}

/** Tells which sample is on the page, until what it returns is called. One that could not be read is tried again. */
export const show = ({ address }: Asked): (() => void) => {
  onPage = address
  const one = known.get(address)
  if (one !== undefined && one.entry.peek().problem !== null) read(address, one)
  return () => {
    if (onPage === address) onPage = null
  }
}
