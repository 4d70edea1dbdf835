/** Number of single-letter edits between two words (Levenshtein). */
export const edits = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

const plain = (name: string) => name.toLowerCase().replace(/[-_ ]/g, '')

/** The name closest to `wanted`; null for an empty list. Case, `-` and `_` do not count. */
export const nearest = (wanted: string, names: ReadonlyArray<string>): string | null => {
  const target = plain(wanted)
  const cost = (name: string) =>
    // A part of a name (`activity` for `activitynet`) is nearer than its length says.
    plain(name).startsWith(target) && target.length > 1 ? 0.5 : edits(plain(name), target)
  return names.reduce<string | null>(
    (best, name) => (best === null || cost(name) < cost(best) ? name : best),
    null,
  )
}

const holds = (name: string, part: string): boolean => part.length > 2 && name.includes(part)

const letters = (name: string): string => [...name].sort().join('')

/**
 * The name that may have been written for `wanted`: the closest one, if at most a third of the letters differ, they are in
 * another order, or one is part of the other; null where none is so near.
 */
export const alike = (wanted: string, names: ReadonlyArray<string>): string | null => {
  const found = nearest(wanted, names)
  if (found === null) return null
  const [a, b] = [plain(wanted), plain(found)]
  const near =
    edits(a, b) <= Math.floor(Math.max(a.length, b.length) / 3) ||
    letters(a) === letters(b) ||
    holds(a, b) ||
    holds(b, a)
  return near ? found : null
}

/** The remedy for an unknown name: `did you mean iou? All: iou, diou`, or `use one of iou, diou` where none is near. */
export const suggestion = (wanted: string, names: ReadonlyArray<string>): string => {
  const near = alike(wanted, names)
  return near === null ? `use one of ${names.join(', ')}` : `did you mean ${near}? All: ${names.join(', ')}`
}
