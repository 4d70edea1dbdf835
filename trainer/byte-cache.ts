/** A map that evicts the least recently used entries when their bytes exceed its limit. */
export interface ByteCache<A> {
  readonly get: (key: string) => A | undefined
  /** An entry larger than the limit is not kept. */
  readonly set: (key: string, value: A, bytes: number) => void
  readonly bytes: () => number
}

export const byteCache = <A>(limit: number): ByteCache<A> => {
  // A Map iterates in the order of insertion, so re-inserting on use keeps the longest unused entry first.
  const entries = new Map<string, { readonly value: A; readonly bytes: number }>()
  let total = 0
  const remove = (key: string) => {
    total -= entries.get(key)?.bytes ?? 0
    entries.delete(key)
  }
  return {
    get: (key) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set: (key, value, bytes) => {
      remove(key)
      if (bytes > limit) return
      entries.set(key, { value, bytes })
      total += bytes
      for (const oldest of entries.keys()) {
        if (total <= limit) break
        remove(oldest)
      }
    },
    bytes: () => total,
  }
}
