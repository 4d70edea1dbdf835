import { createReadStream, statSync } from 'node:fs'
import { createGunzip } from 'node:zlib'

/** A text longer than this many bytes does not fit one string of V8. */
export const maxText = 512 * 2 ** 20 - 64

/** Gzip of text shrinks some 3 to 30 times; a file that unpacks to far more is damaged or malicious. */
const bomb = { ratio: 200, bytes: 256 * 2 ** 20 }

/** What is wrong with a file's content, as opposed to the file system. */
export class ContentError extends Error {
  readonly remedy: string
  constructor(problem: string, remedy: string) {
    super(problem)
    this.remedy = remedy
  }
}

/** The bytes of a file in chunks, unpacked if its name ends in `.gz`. Throws file errors and ContentError. */
export async function* bytesIn(path: string): AsyncGenerator<Buffer> {
  const read = () => createReadStream(path, { highWaterMark: 1 << 20 })
  if (!path.endsWith('.gz')) {
    for await (const portion of read()) yield portion
    return
  }
  // Before the file is opened: an error of a stream that nobody listens to yet ends the process.
  const packed = statSync(path).size
  const file = read()
  const unpacked = createGunzip({ chunkSize: 1 << 18 })
  file.on('error', (error) => unpacked.destroy(error))
  let total = 0
  try {
    for await (const portion of file.pipe(unpacked)) {
      total += portion.length
      if (total > bomb.bytes && total > bomb.ratio * packed)
        throw new ContentError(
          `unpacks to more than ${bomb.ratio} times its ${packed} bytes`,
          'fetch the file again, or unpack it yourself',
        )
      yield portion
    }
  } finally {
    file.destroy()
  }
}

/** All bytes of a file, at most `limit`. */
export const allBytes = async (path: string, limit = maxText): Promise<Buffer> => {
  const portions: Array<Buffer> = []
  let total = 0
  for await (const portion of bytesIn(path)) {
    total += portion.length
    if (total > limit)
      throw new ContentError(`contains a value of more than ${limit} bytes`, 'convert it to JSON lines')
    portions.push(portion)
  }
  return Buffer.concat(portions)
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Bytes as UTF-8 text without its byte order mark, or null. */
export const utf8 = (bytes: Uint8Array): string | null => {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** One line of a file: its text without line end, or what is wrong with it. */
export interface Line {
  /** From 1. */
  readonly line: number
  readonly text: string
  readonly problem?: string
}

/** Lines and JSON values longer than this are refused. */
export const maxLine = 16 * 2 ** 20

const tooLong = (limit: number) => `is longer than ${limit} bytes`
const notUtf8 = 'is not UTF-8 text'

/**
 * The lines of a file of any length, in chunks, without line ends (LF or CRLF); blank lines are skipped. A line that is
 * too long or not UTF-8 has a `problem` and no text; reading continues after it.
 *
 * @param ended leaves out text after the last line end.
 */
export async function* linesIn(
  path: string,
  limit = maxLine,
  ended = false,
): AsyncGenerator<ReadonlyArray<Line>> {
  let line = 1
  let rest: Array<Buffer> = []
  let held = 0
  let skipping = false
  const one = (bytes: Buffer): Line | null => {
    const number = line++
    const text = utf8(bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes)
    if (text === null) return { line: number, text: '', problem: notUtf8 }
    return text.trim() === '' ? null : { line: number, text }
  }
  for await (const portion of bytesIn(path)) {
    const lines: Array<Line> = []
    let from = 0
    for (let end = portion.indexOf(10); end >= 0; end = portion.indexOf(10, from)) {
      const length = held + end - from
      if (skipping || length > limit) lines.push({ line: line++, text: '', problem: tooLong(limit) })
      else {
        const piece = portion.subarray(from, end)
        const read = one(held === 0 ? piece : Buffer.concat([...rest, piece]))
        if (read !== null) lines.push(read)
      }
      rest = []
      held = 0
      skipping = false
      from = end + 1
    }
    const left = portion.subarray(from)
    if (skipping || held + left.length > limit) {
      skipping = true
      rest = []
      held = 0
    } else if (left.length > 0) {
      rest.push(left)
      held += left.length
    }
    yield lines
  }
  if (ended) return
  if (skipping) yield [{ line, text: '', problem: tooLong(limit) }]
  else if (held > 0) {
    const last = one(Buffer.concat(rest))
    if (last !== null) yield [last]
  }
}
