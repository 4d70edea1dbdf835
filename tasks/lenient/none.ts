import { bare } from './normal.ts'

const whole =
  /^(?:none|no|null|nil|nan|n\/a|na|nothing|never|absent|empty|not applicable|not (?:present|found|shown|visible|seen|in the video)|none found|no (?:such )?(?:time )?(?:ranges?|windows?|segments?|moments?|events?|occurrences?|match(?:es)?)(?: (?:was |were )?found)?|无|没有|不存在|未出现|没有出现|未发生|なし|ninguno|ninguna|keine|aucune?)$/

const helpless =
  /\b(?:cannot|can't|can not|could not|couldn't|unable|sorry|not sure|unsure|unclear|uncertain)\b(?! be (?:found|seen|observed|located))|无法|不确定/i

/** That the query does not hold, as a predicate: `does not occur`, `never`, `no such event`. */
const denial = new RegExp(
  [
    String.raw`\b(?:is|are|was|were|does|do|did|has|have|had)(?: not|n't)\b(?: \w+){0,3} (?:occur|happen|appear|take place|present|shown?|visible|seen|depict(?:ed)?|contain|exist|found|in the (?:video|clip))`,
    String.raw`\b(?:never|not) (?:occur|happen|appear|take|present|show|visible|seen|depict|exist|found|see|observe|find)`,
    String.raw`\b(?:don't|do not|didn't|did not) (?:see|observe|find)`,
    String.raw`\b(?:no|none of the|without any) (?:\w+ ){0,3}(?:event|moment|instance|occurrence|range|evidence|segment|frame|clip|scene|window|part|point|time|sign|match)`,
    String.raw`\bnever\b|\bnothing (?:\w+ ){0,2}(?:happens|occurs|appears)`,
    String.raw`\b(?:cannot|can't|could not|couldn't) be (?:found|seen|observed|located)`,
    '没有|未出现|不存在|未发生|不包含',
  ].join('|'),
  'i',
)

/** The same in a word, which may be said of anything. */
const denialWord = /\b(?:none|nothing|nowhere|absent|aren't any|are not any)\b/i

/** Words with which a sentence that denies goes on to name a time all the same. */
const exception = /\b(?:until|till|except|only|other than|but|however|before|after|apart from)\b/i
/** Of those, the ones that take back a plain `none` before them. */
const retraction = /\b(?:except|other than|but|however|apart from)\b/i

/** Whether a text as a whole says that the query never holds: `none`, `Not present.`, `N/A`. */
export const saysNone = (text: string): boolean =>
  whole.test(bare(text)) || /^\s*(?:\[\s*\]|\(\s*\)|\{\s*\})\s*$/.test(text)

/** Whether a sentence without times says that the query does not hold. */
export const denies = (sentence: string): boolean =>
  !helpless.test(sentence) &&
  (denial.test(sentence) || denialWord.test(sentence)) &&
  !exception.test(sentence)

/**
 * Whether a sentence says of the time that it names, whose place in it is `at`, that the query does not hold there: the
 * denial must come first, with nothing set off between.
 */
export const deniesAt = (sentence: string, at: number): boolean => {
  if (helpless.test(sentence)) return false
  if (/^\W{0,9}none\s{0,3}[:.,(-]/i.test(sentence)) return !retraction.test(sentence)
  if (exception.test(sentence)) return false
  const before = sentence.slice(0, at)
  const match = denial.exec(before)
  return match !== null && !/[,;:]/.test(before.slice(match.index))
}
