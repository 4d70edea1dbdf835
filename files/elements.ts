import { parseJson } from './json.ts'
import { bytesIn, ContentError, maxLine, utf8 } from './stream.ts'

/** One entry of a JSON list or map: its value, or what is wrong with its text. `key` is null in a list. */
export interface Element {
  /** 1-based line of the file on which the entry begins, or on which its error is. */
  readonly line: number
  readonly key: string | null
  readonly value?: unknown
  readonly problem?: string
}

/** The top-level value of a JSON file. */
export type Shape = 'list' | 'map'

const isSpace = (byte: number) => byte === 32 || byte === 10 || byte === 13 || byte === 9
const quote = 34
const backslash = 92

const elementOf = (text: string, line: number, shape: Shape): Element => {
  const read = parseJson(shape === 'map' ? `{${text}}` : text)
  if (!('value' in read)) return { line: line + read.line - 1, key: null, problem: read.problem }
  if (shape === 'list') return { line, key: null, value: read.value }
  const entries = Object.entries(read.value as object)
  return entries.length === 1
    ? { line, key: entries[0]![0], value: entries[0]![1] }
    : { line, key: null, problem: 'invalid JSON: expected "key": value' }
}

/**
 * The entries of a file that holds one JSON list or map, read one by one: a file may be longer than a string. Throws
 * ContentError where the file does not have that `shape` or is truncated; file errors are passed on.
 */
export async function* elementsIn(path: string, shape: Shape, limit = maxLine): AsyncGenerator<Element> {
  const brackets = shape === 'list' ? [91, 93] : [123, 125]
  /** 0 before the value, 1 in its list or map, deeper inside its entries, -1 after it. */
  let depth = 0
  let line = 1
  let inString = false
  let escaped = false
  let begun = 0
  let held: Array<Buffer> = []
  let size = 0
  let count = 0
  let first = true
  const fault = (problem: string, at = line) =>
    new ContentError(`${at}: ${problem}`, 'fix the line or fetch the file again')
  const bound = (bytes: number) => {
    if (bytes > limit) throw fault(`an entry is longer than ${limit} bytes`, begun || line)
  }
  const take = (piece: Buffer): Element | null => {
    bound(size + piece.length)
    const bytes = size === 0 ? piece : Buffer.concat([...held, piece])
    held = []
    size = 0
    const text = utf8(bytes)
    if (text === null) throw fault('is not UTF-8 text', begun || line)
    const blank = text.trim() === ''
    const start = begun || line
    begun = 0
    return blank ? null : elementOf(text.trim(), start, shape)
  }
  for await (let portion of bytesIn(path)) {
    if (first && portion[0] === 0xef && portion[1] === 0xbb && portion[2] === 0xbf)
      portion = portion.subarray(3)
    first = false
    let from = 0
    for (let at = 0; at < portion.length; at++) {
      const byte = portion[at]!
      if (byte === 10) line++
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
        continue
      }
      if (isSpace(byte)) continue
      if (depth === 0) {
        if (byte !== brackets[0])
          throw byte === 91 || byte === 123
            ? new ContentError(`is not a ${shape}`, 'use the file as published')
            : fault(`invalid JSON: expected a ${shape}`)
        depth = 1
        from = at + 1
        continue
      }
      if (depth === -1) throw fault('invalid JSON: more text after the end')
      if (depth === 1 && (byte === 44 || byte === brackets[1])) {
        const element = take(portion.subarray(from, at))
        const last = byte !== 44
        from = at + 1
        if (last) depth = -1
        if (element === null) {
          if (!last || count > 0) throw fault('invalid JSON: a comma without an entry')
        } else {
          count++
          yield element
        }
        continue
      }
      if (begun === 0) begun = line
      if (byte === quote) inString = true
      else if (byte === 91 || byte === 123) depth++
      else if (byte === 93 || byte === 125) {
        if (depth === 1) throw fault('invalid JSON: an unmatched closing bracket')
        depth--
      }
    }
    if (depth > 0) {
      const left = portion.subarray(from)
      size += left.length
      bound(size)
      held.push(left)
    }
  }
  if (depth !== -1) throw fault('invalid JSON: the text ends in the middle of a value')
}
