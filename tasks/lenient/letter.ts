import { letter } from '../../core/index.ts'
import { type Reading, type Reply, unreadable } from '../reply.ts'
import { lastJson, type Parsed, scalarIn } from './json.ts'
import { bare, normal } from './normal.ts'
import { type Region, regionOf } from './region.ts'

type Options = ReadonlyArray<string> | undefined

const answerNames = [
  'answer',
  'finalanswer',
  'correctanswer',
  'option',
  'correctoption',
  'selectedoption',
  'choice',
  'letter',
  'result',
  'prediction',
]

const found = (chosen: string, options: Options): Reading =>
  options !== undefined && chosen.charCodeAt(0) - 65 >= options.length
    ? unreadable('no such option')
    : { kind: 'answer', windows: null, answer: chosen }

/** Two letters where one is asked for: `A or B`, `A, C`, `A/B`. */
const several = /^\W*\(?[A-Z]\)?\s*(?:,|\/|&|\band\b|\bor\b)\s*\(?[A-Z]\)?(?![\p{L}])/u
/** `B`, `(B)`, `B. red`, `b) red`, `Option B`, `选B`; then something that ends the letter. */
const leading =
  /^(?:(?:(?:[Tt]he )?(?:[Cc]orrect |[Bb]est )?(?:[Oo]ption|[Cc]hoice|[Aa]nswer)(?: is)?|选项?)[\s:("'[]*)?(?:([A-Z])(?=[\s).,:;!?"'\]}|-])(?!\s+\p{Ll})|([a-z])(?=[).:\]]))/u
const single = /(?<![\p{L}\p{N}'-])([A-Z])(?![\p{L}\p{N}'])(?!\s\p{Ll})/gu
const chosen = /\b(?:option|choice|choose|select|pick|go with|选项?)\s*:?\s*\(?([A-Z])(?![\p{L}\p{N}])/gu
const ruled = /(?<![\p{L}\p{N}'-])\(?([A-Z])\)? is (?:the )?(?:right|correct|best|true)/gu

const only = (letters: Iterable<string>): string | null => {
  const set = new Set(letters)
  const [first] = set
  return set.size === 1 && first !== undefined ? first : null
}

const lettersOf = (text: string, pattern: RegExp): ReadonlyArray<string> =>
  [...text.matchAll(pattern)].map((match) => match[1]!)

/** The letter of the one option whose text the reply repeats; null where it is none or several. */
const byText = (text: string, options: Options): string | null => {
  const said = bare(text)
  const texts = (options ?? []).map((option) => bare(normal(option)))
  const same = texts.flatMap((option, index) => (option === said ? [letter(index)] : []))
  if (same.length === 1) return same[0]!
  const within = texts.flatMap((option, index) =>
    option.length >= 3 &&
    said.includes(option) &&
    !texts.some((other) => other !== option && other.includes(option) && said.includes(other))
      ? [letter(index)]
      : [],
  )
  return within.length === 1 ? within[0]! : null
}

const ofText = (text: string, options: Options, cut: boolean): Reading => {
  if (several.test(text)) return unreadable('unclear')
  const exact = /^[\p{L}]$/u.exec(bare(text))?.[0].toUpperCase()
  if (!cut && exact !== undefined && /[A-Z]/.test(exact)) return found(exact, options)
  const start = leading.exec(`${text.replace(/^[\s"'[{(]+/, '')}${cut ? '' : '\n'}`)
  const first = (start?.[1] ?? start?.[2])?.toUpperCase()
  if (first !== undefined) return found(first, options)
  if (cut) return unreadable('cut off')
  const told =
    only(lettersOf(text, ruled)) ??
    only(lettersOf(text, chosen)) ??
    only(
      lettersOf(text, single).filter(
        (one) => options === undefined || one.charCodeAt(0) - 65 < options.length,
      ),
    ) ??
    byText(text, options)
  if (told !== null) return found(told, options)
  return unreadable(lettersOf(text, single).length > 1 ? 'unclear' : 'no answer')
}

const ofJson = (value: Parsed, options: Options): Reading | null => {
  const said = scalarIn(value, answerNames)
  return typeof said === 'string' ? ofText(said, options, false) : null
}

/** The letter of a region. */
const letterIn = ({ text, marked, closed }: Region, options: Options, cut: boolean): Reading => {
  const json = lastJson(text)
  const said = json === null || (cut && !json.whole && !closed) ? null : ofJson(json.value, options)
  if (said !== null) return said
  return cut && !closed && !marked ? unreadable('cut off') : ofText(text, options, cut && !closed)
}

/** Which option a reply chooses. Never throws. */
export const readLetter = (reply: Reply, options?: ReadonlyArray<string>): Reading => {
  const region = regionOf(reply)
  return region.kind === 'unreadable' ? region : letterIn(region, options, reply.finish === 'length')
}
