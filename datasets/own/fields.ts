import { edits, sampleFields } from '../../core/index.ts'

/** Fields of a row of own data: those of a sample, and one window as two numbers. */
export const ownFields: ReadonlyArray<string> = [...sampleFields, 'start', 'end']

/** Fields that curated data adds to a sample; ignored by readers of annotations. */
export const passedOver: ReadonlySet<string> = new Set(['curation'])

/** Names that other datasets use for a field. */
const aliases: { readonly [field: string]: ReadonlyArray<string> } = {
  video: ['vid', 'videoid', 'videopath', 'videofile', 'videoname', 'path', 'clip'],
  query: ['question', 'sentence', 'caption', 'description', 'text', 'prompt', 'problem'],
  windows: [
    ...['relevantwindows', 'gtwindows', 'timestamps', 'timestamp', 'span', 'spans', 'segment', 'segments'],
    ...['moment', 'moments', 'interval', 'intervals', 'glue', 'times', 'gt', 'targets', 'solution'],
  ],
  start: ['starttime', 'begin', 'starts', 'from', 'startsec', 'startseconds'],
  end: ['endtime', 'stop', 'ends', 'to', 'endsec', 'endseconds'],
  duration: ['videoduration', 'length', 'videolength', 'vduration'],
  options: ['choices', 'candidates', 'answers'],
  answer: ['ans', 'correct', 'correctanswer', 'rightanswer', 'groundtruth'],
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Names of what `meta` holds, as columns of their own: they are kept in it, and meant for no field. */
const ofMeta: ReadonlySet<string> = new Set(['cycles', 'cot'])

/** Fields with the same meaning: if one is present, no unknown name can be meant for the other. */
const sameAs: { readonly [field: string]: ReadonlyArray<string> } = {
  windows: ['start', 'end'],
  start: ['windows'],
  end: ['windows'],
}

/** The words of a name: `startMs`, `start_ms` and `Start (ms)` are `start` and `ms`. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)

/** Words that say that a number is one end of a window, whatever else its name says. */
const edges = {
  start: new Set(['start', 'begin', 'onset', 'from', 'starts', 'begins']),
  end: new Set(['end', 'stop', 'offset', 'to', 'ends', 'finish']),
}

const isWindow = (value: unknown): boolean => {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [start, end]: ReadonlyArray<unknown> = value
  return typeof start === 'number' && typeof end === 'number' && start <= end
}

/** What a value says of its field where the name does not: `[1, 4]` and `[[1, 4]]` are windows. */
const fieldOfValue = (name: string, value: unknown): string | null => {
  if (isWindow(value) || (Array.isArray(value) && value.length > 0 && value.every(isWindow))) return 'windows'
  if (typeof value !== 'number') return null
  const words = wordsOf(name)
  if (words.some((word) => edges.start.has(word))) return 'start'
  return words.some((word) => edges.end.has(word)) ? 'end' : null
}

/**
 * The field that an unknown name was most likely meant for: another spelling, a typo, another dataset's name for it,
 * or the only field that its value fits. Null otherwise, or if the row already has that field.
 */
export const meantField = (name: string, value: unknown, present: ReadonlySet<string>): string | null => {
  if (ofMeta.has(name)) return null
  const wanted = plain(name)
  const free = ownFields.filter(
    (field) => !present.has(field) && !sameAs[field]?.some((other) => present.has(other)),
  )
  const near = (field: string) => wanted.length > 3 && edits(wanted, field) <= (field.length > 5 ? 2 : 1)
  return (
    free.find((field) => wanted === field) ??
    free.find((field) => aliases[field]?.includes(wanted)) ??
    free.find(near) ??
    free.find((field) => field === fieldOfValue(name, value)) ??
    null
  )
}
