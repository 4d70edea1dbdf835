import type { Cleaning } from './dataset.ts'

/**
 * A grounding query as the named source trains on it.
 * `raw`: as published. `videomind`: each run of white space becomes one space; trimmed; all leading and trailing full
 * stops dropped; trimmed again. `videochat-r1` (and Time-R1): trimmed, lower case, one trailing full stop dropped.
 */
export const cleanQuery = (text: string, cleaning: Cleaning): string => {
  switch (cleaning) {
    case 'raw':
      return text
    case 'videomind':
      return text
        .replace(/\s+/g, ' ')
        .trim()
        .replace(/^\.+|\.+$/g, '')
        .trim()
    case 'videochat-r1': {
      const lower = text.trim().toLowerCase()
      return lower.endsWith('.') ? lower.slice(0, -1) : lower
    }
  }
}

/** A question: white space runs become one space and the ends are trimmed, unless `raw` is asked for. */
export const cleanQuestion = (text: string, cleaning: Cleaning): string =>
  cleaning === 'raw' ? text : text.replace(/\s+/g, ' ').trim()

/** The text with its first letter in upper case. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
