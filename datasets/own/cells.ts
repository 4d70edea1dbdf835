import { parseJson } from '../../files/index.ts'

/** A cell that holds JSON (windows, options, meta); text that is not JSON stays text, which the schema refuses. */
export const jsonCell = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  if (value.trim() === '') return undefined
  const read = parseJson(value)
  return 'value' in read ? read.value : value
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A cell that holds a number; other text stays text, which the schema refuses. */
export const numberCell = (text: string): unknown => {
  const plain = text.trim()
  if (plain === '') return undefined
  return decimal.test(plain) ? Number(plain) : text
}
