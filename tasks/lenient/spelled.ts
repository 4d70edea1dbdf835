const units =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

const english: ReadonlyMap<string, number> = new Map([
  ...units.map((word, index) => [word, index] as const),
  ...tens.flatMap((ten, index) => [
    [ten, 10 * (index + 2)] as const,
    ...units.slice(1, 10).map((unit, one) => [`${ten}-${unit}`, 10 * (index + 2) + one + 1] as const),
  ]),
  ['once', 1],
  ['twice', 2],
  ['thrice', 3],
])

const digits = '零一二三四五六七八九'
const digitOf = (sign: string | undefined): number => (sign === '两' ? 2 : digits.indexOf(sign ?? ''))

/** 三, 两, 十, 十二, 二十, 二十一. */
const chinese = (text: string): number | null => {
  const match = /^([一二两三四五六七八九])?(十)?([零一二三四五六七八九])?$/.exec(text)
  if (match === null || text === '') return null
  const [, first, ten, last] = match
  if (ten === undefined) return first !== undefined && last !== undefined ? null : digitOf(first ?? last)
  return 10 * (first === undefined ? 1 : digitOf(first)) + (last === undefined ? 0 : digitOf(last))
}

/** A number from 0 to 99 in words, or null. */
export const spelledNumber = (text: string): number | null =>
  english.get(text.toLowerCase().replace(/\s+/g, '-')) ?? chinese(text)

const spelled = new RegExp(
  String.raw`(?<![\p{L}-])(?:(?:${tens.join('|')})[ -](?:${units.slice(1, 10).join('|')})|${[...english.keys()].filter((word) => !word.includes('-')).join('|')})(?![\p{L}])|[零一二两三四五六七八九十]{1,3}(?=[次个下回])`,
  'giu',
)

/** Every number that a text spells out, in its order. */
export const spelledNumbers = (text: string): ReadonlyArray<number> =>
  [...text.matchAll(spelled)].flatMap(([word]) => spelledNumber(word) ?? [])
