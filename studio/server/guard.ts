import { createHash, timingSafeEqual } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import { bracketed } from '../../core/index.ts'
import { type Refusal, refusal } from './refusal.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * The names by which a browser may call a server that listens on `host`. A page of another site whose name was pointed
 * at this machine (DNS rebinding) calls it by a name that is not among them.
 */
export const namesOf = (host: string): ReadonlySet<string> => {
  const everywhere = host === '0.0.0.0' || host === '::'
  const addresses = everywhere
    ? Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => bracketed(address)) ?? [])
    : []
  const own = everywhere ? [hostname().toLowerCase()] : [bracketed(host).toLowerCase()]
  return new Set([...loopback, ...addresses, ...own])
}

export interface Guard {
  readonly token: string
  readonly names: ReadonlySet<string>
  /** Name of the cookie; other servers on this machine share the host and have their own. */
  readonly cookie: string
}

/** What the cookie holds: a token may have characters that no cookie may. */
export const cookieValue = (token: string): string => digest(token).toString('hex')

export interface Asked {
  readonly headers: { readonly [name: string]: string | undefined }
  /** Null where the address of the request is none. */
  readonly url: URL | null
}

/** The host without its port: behind an SSH tunnel the port is another. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header
    ?.split(';')
    .map((pair) => pair.trim().split('='))
    .find(([key]) => key === name)?.[1]

/**
 * Why a request is refused, or null: 403 for another Host (DNS rebinding) or Origin (another site's page), 401 without
 * the token in the cookie, the `Authorization` header or the URL.
 */
export const refuse = ({ token, names, cookie }: Guard, { headers, url }: Asked): Refusal | null => {
  const { host, origin } = headers
  if (host === undefined || !names.has(nameOf(host)))
    return refusal(403, 'this server does not answer to that host name', 'open the URL that it printed')
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return refusal(403, 'requests from the pages of other sites are refused')
  const given = [
    /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1],
    url?.searchParams.get('token') ?? undefined,
  ]
  const isSecret = (one: string | undefined, secret: string) =>
    one !== undefined && timingSafeEqual(digest(one), digest(secret))
  if (given.some((one) => isSecret(one, token))) return null
  if (isSecret(cookieOf(headers.cookie, cookie), cookieValue(token))) return null
  return refusal(401, 'the token is missing or wrong', 'open the URL that "spanwise studio" printed')
}

/**
 * Headers of every answer: scripts, styles and data from this server only, no inline script, no framing by other pages,
 * no address of a page told to others.
 */
export const safety = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const
