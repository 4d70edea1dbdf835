import { useEffect, useState } from 'preact/hooks'
import { get, Refused } from './api.ts'

export interface Fetched<A> {
  /** The latest answer, kept while it is read again. */
  readonly data: A | null
  readonly problem: Refused | null
  readonly loading: boolean
}

/** Reads a path, again whenever it or `revision` changes. A path of null reads nothing. */
export const useFetched = <A>(address: string | null, revision = 0): Fetched<A> => {
  const [state, set] = useState<Fetched<A> & { readonly address: string | null }>({
    data: null,
    problem: null,
    loading: address !== null,
    address: null,
  })
  useEffect(() => {
    if (address === null) return
    const control = new AbortController()
    set((was) => ({ ...was, loading: true }))
    get<A>(address, control.signal).then(
      (data) => set({ data, problem: null, loading: false, address }),
      (cause: unknown) => {
        if (control.signal.aborted) return
        const problem = cause instanceof Refused ? cause : new Refused(0, String(cause), null)
        set((was) => ({ ...was, problem, loading: false }))
      },
    )
    return () => control.abort()
  }, [address, revision])
  return address === null ? { data: null, problem: null, loading: false } : state
}
