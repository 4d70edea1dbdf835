/*
 * Porter's stemmer ("An algorithm for suffix stripping", 1980) with the extensions that NLTK uses by default, because
 * ROUGE as published was computed with it: irregular forms, `ies` and `ied` of short words, `alli`, `fulli`, `logi`.
 */
const irregular = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
])

/** Which letters are consonants: all but a, e, i, o, u, and a y behind a consonant. */
const consonants = (word: string): ReadonlyArray<boolean> => {
  const kinds: Array<boolean> = []
  for (let i = 0; i < word.length; i++)
    kinds.push(!'aeiou'.includes(word[i]!) && (word[i] !== 'y' || i === 0 || !kinds[i - 1]!))
  return kinds
}

/** The number of vowel-consonant sequences. */
const measure = (word: string): number =>
  consonants(word).reduce((count, kind, i, kinds) => (i > 0 && kind && !kinds[i - 1]! ? count + 1 : count), 0)

const hasVowel = (word: string): boolean => consonants(word).includes(false)

const endsDouble = (word: string): boolean =>
  word.length > 1 && word.at(-1) === word.at(-2) && consonants(word).at(-1)!

/** Consonant, vowel, consonant other than w, x, y; or a two-letter word of vowel and consonant. */
const endsCvc = (word: string): boolean => {
  const [first, middle, last] = consonants(word).slice(-3)
  if (word.length === 2) return !first! && middle!
  return word.length >= 3 && first! && !middle! && last! && !'wxy'.includes(word.at(-1)!)
}

type Rule = readonly [suffix: string, replacement: string, condition: (base: string) => boolean]

/** Applies the first rule whose suffix fits; that rule decides, even where its condition fails. */
const apply = (word: string, rules: ReadonlyArray<Rule>): string => {
  for (const [suffix, replacement, condition] of rules) {
    if (!word.endsWith(suffix)) continue
    const base = word.slice(0, word.length - suffix.length)
    return condition(base) ? base + replacement : word
  }
  return word
}

const always = () => true
const over0 = (base: string) => measure(base) > 0
const over1 = (base: string) => measure(base) > 1

const step1a = (word: string): string =>
  word.endsWith('ies') && word.length === 4
    ? `${word.slice(0, -3)}ie`
    : apply(word, [
        ['sses', 'ss', always],
        ['ies', 'i', always],
        ['ss', 'ss', always],
        ['s', '', always],
      ])

const step1b = (word: string): string => {
  if (word.endsWith('ied')) return word.slice(0, -3) + (word.length === 4 ? 'ie' : 'i')
  if (word.endsWith('eed')) return over0(word.slice(0, -3)) ? word.slice(0, -1) : word
  for (const suffix of ['ed', 'ing']) {
    if (!word.endsWith(suffix)) continue
    const base = word.slice(0, word.length - suffix.length)
    if (!hasVowel(base)) continue
    if (/(?:at|bl|iz)$/.test(base)) return `${base}e`
    if (endsDouble(base)) return 'lsz'.includes(base.at(-1)!) ? base : base.slice(0, -1)
    return measure(base) === 1 && endsCvc(base) ? `${base}e` : base
  }
  return word
}

const step1c = (word: string): string =>
  apply(word, [['y', 'i', (base) => base.length > 1 && consonants(base).at(-1)!]])

const step2 = (word: string): string =>
  word.endsWith('alli') && over0(word.slice(0, -4))
    ? step2(`${word.slice(0, -4)}al`)
    : apply(word, [
        ['ational', 'ate', over0],
        ['tional', 'tion', over0],
        ['enci', 'ence', over0],
        ['anci', 'ance', over0],
        ['izer', 'ize', over0],
        ['bli', 'ble', over0],
        ['alli', 'al', over0],
        ['entli', 'ent', over0],
        ['eli', 'e', over0],
        ['ousli', 'ous', over0],
        ['ization', 'ize', over0],
        ['ation', 'ate', over0],
        ['ator', 'ate', over0],
        ['alism', 'al', over0],
        ['iveness', 'ive', over0],
        ['fulness', 'ful', over0],
        ['ousness', 'ous', over0],
        ['aliti', 'al', over0],
        ['iviti', 'ive', over0],
        ['biliti', 'ble', over0],
        ['fulli', 'ful', over0],
        ['logi', 'log', (base) => over0(`${base}l`)],
      ])

const step3 = (word: string): string =>
  apply(word, [
    ['icate', 'ic', over0],
    ['ative', '', over0],
    ['alize', 'al', over0],
    ['iciti', 'ic', over0],
    ['ical', 'ic', over0],
    ['ful', '', over0],
    ['ness', '', over0],
  ])

const endings = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent', 'ion'],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'],
]
const step4Rules = endings.map((suffix): Rule => {
  const condition = suffix === 'ion' ? (base: string) => over1(base) && /[st]$/.test(base) : over1
  return [suffix, '', condition]
})
const step4 = (word: string): string => apply(word, step4Rules)

const step5 = (word: string): string => {
  let rest = word
  if (rest.endsWith('e')) {
    const base = rest.slice(0, -1)
    const m = measure(base)
    if (m > 1 || (m === 1 && !endsCvc(base))) rest = base
  }
  return rest.endsWith('ll') && over1(rest.slice(0, -1)) ? rest.slice(0, -1) : rest
}

/** The stem of a lower-case word. */
export const stem = (word: string): string => {
  const known = irregular.get(word)
  if (known !== undefined) return known
  if (word.length <= 2) return word
  return step5(step4(step3(step2(step1c(step1b(step1a(word)))))))
}
