import { hash } from 'node:crypto'
import type { Json } from '../core/index.ts'

/** JSON with the keys of every object sorted and no spaces: equal values give equal text. Absent fields are left out. */
export const canonical = (value: unknown): string => {
  if (value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`
  }
  return JSON.stringify(value)
}

/** SHA-256 of a value's canonical JSON, in hexadecimal. */
export const contentHash = (value: Json): string => hash('sha256', canonical(value))
