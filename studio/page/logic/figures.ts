import type { Cell } from '../../api/index.ts'
import { clock } from './timeline.ts'

/** A number with as many digits as a person compares: `0.123`, `12.3`, `1234567`. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value)) return String(value)
  if (Math.abs(value) < 1e-12) return '0'
  const size = Math.abs(value)
  return size >= 1000
    ? value.toFixed(0)
    : size >= 10
      ? value.toFixed(1)
      : size >= 0.001
        ? value.toFixed(3)
        : value.toExponential(1)
}

const isWindow = (cell: Cell): cell is [number, number] =>
  Array.isArray(cell) && cell.length === 2 && cell.every((value) => typeof value === 'number')

export const windowText = ([start, end]: readonly [number, number]): string =>
  `${clock(start, 1)}–${clock(end, 1)}`

/** A cell of a table as text. */
export const cellText = (cell: Cell): string => {
  if (cell === null) return ''
  if (typeof cell === 'number') return figure(cell)
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  if (typeof cell === 'string') return cell
  if (Array.isArray(cell) && cell.length > 0 && cell.every(isWindow)) return cell.map(windowText).join(', ')
  if (Array.isArray(cell) && cell.length > 0 && cell.every((value) => typeof value === 'number'))
    return cell.map(figure).join(' ')
  return JSON.stringify(cell)
}

export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`

/** `partial_score` is `partial score`. */
export const words = (name: string): string => name.replaceAll('_', ' ')

export const count = (number: number): string => number.toLocaleString('en')

/** `1 h 5 min`, `4 min`, `12 s`. */
export const durationText = (seconds: number): string => {
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
