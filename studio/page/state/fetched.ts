import { useEffect, useState } from 'preact/hooks'
import { get, type Refused, refusedBy } from './api.ts'

export interface Fetched<A> {
  /** The latest answer, kept while it is read again. */
  readonly data: A | null
  /** Why the latest reading failed; null where it did not. */
  readonly problem: Refused | null
}

const nothing = { data: null, problem: null }

/** Reads a path, again whenever it or `revision` changes. A path of null reads nothing. */
export const useFetched = <A>(address: string | null, revision = 0): Fetched<A> => {
  const [state, set] = useState<Fetched<A>>(nothing)
  useEffect(() => {
    if (address === null) return
    const control = new AbortController()
    get<A>(address, control.signal).then(
      (data) => set({ data, problem: null }),
      (cause: unknown) => {
        if (!control.signal.aborted) set((was) => ({ ...was, problem: refusedBy(cause) }))
      },
    )
    return () => control.abort()
  }, [address, revision])
  return address === null ? nothing : state
}
