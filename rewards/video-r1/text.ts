import { stem } from './stem.ts'

/** Edit distance between two lists of words: insertions, deletions and replacements. */
const wordDistance = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  let last = Uint32Array.from({ length: b.length + 1 }, (_, j) => j)
  let row = new Uint32Array(b.length + 1)
  for (let i = 1; i <= a.length; i++) {
    row[0] = i
    for (let j = 1; j <= b.length; j++)
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    ;[last, row] = [row, last]
  }
  return last[b.length]!
}

const words = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((word) => word !== '')

/**
 * Word error rate: word edit distance over the number of true words (at least 1). An answer with twice as many words or
 * more has a rate of at least 1 in any case; a lower bound is then returned without comparing the words.
 */
export const wordErrorRate = (truth: string, answer: string): number => {
  const wanted = words(truth)
  const given = words(answer)
  const surplus = given.length - wanted.length
  const distance = surplus >= Math.max(1, wanted.length) ? surplus : wordDistance(wanted, given)
  return distance / Math.max(1, wanted.length)
}

/** Lower-case runs of letters and digits; words longer than three letters are stemmed. */
const tokens = (text: string): ReadonlyArray<string> =>
  (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map((word) => (word.length > 3 ? stem(word) : word))

const measure = (shared: number, answered: number, wanted: number): number => {
  const precision = shared / Math.max(answered, 1)
  const recall = shared / Math.max(wanted, 1)
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0
}

const grams = (list: ReadonlyArray<string>, n: number): Map<string, number> => {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= list.length; i++) {
    const gram = list.slice(i, i + n).join(' ')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

const rougeN = (truth: ReadonlyArray<string>, answer: ReadonlyArray<string>, n: number): number => {
  const wanted = grams(truth, n)
  let shared = 0
  for (const [gram, count] of grams(answer, n)) shared += Math.min(count, wanted.get(gram) ?? 0)
  return measure(shared, Math.max(0, answer.length - n + 1), Math.max(0, truth.length - n + 1))
}

const rougeL = (truth: ReadonlyArray<string>, answer: ReadonlyArray<string>): number => {
  let last = new Uint32Array(answer.length + 1)
  let row = new Uint32Array(answer.length + 1)
  for (const word of truth) {
    for (let j = 1; j <= answer.length; j++)
      row[j] = word === answer[j - 1] ? last[j - 1]! + 1 : Math.max(last[j]!, row[j - 1]!)
    ;[last, row] = [row, last]
  }
  return measure(last[answer.length]!, answer.length, truth.length)
}

/** F-measures of ROUGE-1, ROUGE-2 and ROUGE-L with Porter stemming (Lin 2004), each in [0, 1]. */
export const rouge = (truth: string, answer: string): { one: number; two: number; l: number } => {
  const wanted = tokens(truth)
  const given = tokens(answer)
  return { one: rougeN(wanted, given, 1), two: rougeN(wanted, given, 2), l: rougeL(wanted, given) }
}
