/** Whether only processes of this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** A host as URLs have it: IPv6 addresses in brackets. */
export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
