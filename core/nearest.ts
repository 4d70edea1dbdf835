/** Edit distance (insert, delete, replace, swap of neighbours), used to guess what a mistyped name meant. */
export const editDistance = (a: string, b: string): number => {
  let before: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** The name nearest to `given` (case ignored), the first of equals; null for an empty list. */
export const nearest = (given: string, names: Iterable<string>): string | null => {
  let best: string | null = null
  let distance = Number.POSITIVE_INFINITY
  for (const name of names) {
    const d = editDistance(given.toLowerCase(), name.toLowerCase())
    if (d < distance) {
      best = name
      distance = d
    }
  }
  return best
}
