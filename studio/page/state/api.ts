import type { Problem } from '../../api/index.ts'

/** A request that the server refused, or that did not reach it. */
export class Refused extends Error {
  readonly status: number
  readonly remedy: string | null

  constructor(status: number, message: string, remedy: string | null) {
    super(message)
    this.status = status
    this.remedy = remedy
  }
}

/** What went wrong, whatever was thrown. */
export const refusedBy = (cause: unknown): Refused =>
  cause instanceof Refused ? cause : new Refused(0, String(cause), null)

export type Query = { readonly [name: string]: string | number | null | undefined }

/** `/api/...` with segments and parameters encoded. */
export const path = (segments: ReadonlyArray<string>, query: Query = {}): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined) search.set(name, String(value))
  const written = search.toString()
  return `/api/${segments.map(encodeURIComponent).join('/')}${written === '' ? '' : `?${written}`}`
}

const problemOf = async (response: Response): Promise<Refused> => {
  const told: unknown = await response.json().catch(() => null)
  const { error, remedy } = (typeof told === 'object' && told !== null ? told : {}) as Partial<Problem>
  const sentence =
    response.status === 401
      ? 'this browser has no token: open the address that "spanwise studio" printed'
      : `the server answered ${response.status}`
  return new Refused(response.status, error ?? sentence, remedy ?? null)
}

const request = async <A>(address: string, init: RequestInit): Promise<A> => {
  const response = await fetch(address, { credentials: 'same-origin', ...init }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Refused(0, 'the server of the studio does not answer', 'start "spanwise studio" again')
  })
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as A
}

export const get = <A>(address: string, signal?: AbortSignal): Promise<A> =>
  request(address, signal === undefined ? {} : { signal })

export const post = <A>(address: string, body: unknown): Promise<A> =>
  request(address, {
    method: 'POST',
    // A decision arrives though the page is closed right after it.
    keepalive: true,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
