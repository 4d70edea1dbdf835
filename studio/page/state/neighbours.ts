import { useEffect, useState } from 'preact/hooks'
import type { Page, Position, Queue } from '../../api/index.ts'
import { get, path } from './api.ts'
import { revision } from './live.ts'
import { place } from './place.ts'
import { curation } from './runs.ts'
import { reviewer } from './settings.ts'
import { viewText, viewWith } from './view.ts'

/** Keys in the order in which `N` and `P` go through them. */
interface Stretch {
  readonly of: string
  /** Which state of the verdicts it is of. */
  readonly verdicts: number
  readonly keys: ReadonlyArray<string>
  /** Row of the first key in the view; null in a queue, which has no rows. */
  readonly offset: number | null
  readonly total: number
}

export interface Neighbours {
  readonly previous: string | null
  readonly next: string | null
  /** Those to read before they are asked for, the next one first. */
  readonly soon: ReadonlyArray<string>
  /** From 1; null where the sample is not in the view. */
  readonly position: number | null
  readonly total: number | null
  /** False until they were read, and while more of them are read. */
  readonly known: boolean
}

const around = 100

const readTable = async (run: string, key: string): Promise<Omit<Stretch, 'of' | 'verdicts'>> => {
  const { position } = await get<Position>(path(['runs', run, 'position'], { view: viewText.peek(), key }))
  const offset = Math.max(0, (position ?? 0) - around)
  const view = viewWith(['key'])
  const page = await get<Page>(path(['runs', run, 'table'], { view, offset, limit: 2 * around }))
  const at = page.columns.findIndex(({ name }) => name === 'key')
  return { keys: page.rows.map((row) => String(row[at])), offset, total: page.total }
}

const readQueue = async (
  run: string,
  key: string,
  before: ReadonlyArray<string>,
): Promise<Omit<Stretch, 'of' | 'verdicts'>> => {
  const query = { reviewer: reviewer.peek(), view: viewText.peek(), limit: around }
  const { items, left } = await get<Queue>(path(['runs', run, 'queue'], query))
  const seen = before.length === 0 ? [key] : before
  const keys = [...seen, ...items.map((item) => item.key).filter((each) => !seen.includes(each))]
  return { keys, offset: null, total: left }
}

const ends = (stretch: Stretch, at: number): boolean => {
  const { keys, offset, total } = stretch
  if (offset === null) return at >= keys.length - 3 && keys.length < total
  return (at <= 1 && offset > 0) || (at >= keys.length - 2 && offset + keys.length < total)
}

/** The samples before and after this one, in the order of the table or of the queue. */
export const useNeighbours = (key: string): Neighbours => {
  const run = curation.value ?? ''
  const { queue } = place.value
  const of = `${queue} ${queue ? reviewer.value : ''} ${run} ${viewText.value}`
  const [stretch, setStretch] = useState<Stretch | null>(null)
  const same = stretch !== null && stretch.of === of
  const at = same ? stretch.keys.indexOf(key) : -1
  const verdicts = revision(run, 'verdicts')
  useEffect(() => {
    if (same && at >= 0 && stretch.verdicts === verdicts && !ends(stretch, at)) return
    let current = true
    const before = same && at >= 0 ? stretch.keys.slice(0, at + 1) : []
    const reading = queue ? readQueue(run, key, before) : readTable(run, key)
    // Without neighbours the sample itself can still be seen.
    reading.then((read) => current && setStretch({ of, verdicts, ...read })).catch(() => undefined)
    return () => {
      current = false
    }
  }, [of, key, verdicts])
  if (!same || at < 0)
    return {
      previous: null,
      next: null,
      soon: [],
      position: null,
      total: stretch?.total ?? null,
      known: false,
    }
  return {
    previous: stretch.keys[at - 1] ?? null,
    next: stretch.keys[at + 1] ?? null,
    soon: [...stretch.keys.slice(at + 1, at + 4), ...stretch.keys.slice(Math.max(0, at - 1), at)],
    position: stretch.offset === null ? at + 1 : stretch.offset + at + 1,
    total: stretch.offset === null ? stretch.keys.length : stretch.total,
    known: at + 1 < stretch.keys.length || !ends(stretch, at),
  }
}
