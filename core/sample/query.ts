/**
 * The words of a query, by which two annotations of one query are known as the same: composition, case, punctuation and
 * white space do not count.
 */
export const queryWords = (query: string): string =>
  query
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
