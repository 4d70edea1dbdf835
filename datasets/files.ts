import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import {
  allBytes,
  bytesIn,
  ContentError,
  codeOf,
  type Element,
  elementsIn,
  encodingProblem,
  fileError,
  type Line,
  linesIn,
  maxText,
  parseJson,
  type Shape,
  saveAsUtf8,
  utf8,
} from '../files/index.ts'
import type { SourceFile } from './dataset.ts'

/** One annotation file; the functions below read its content, unpacking `.gz`. */
export interface AnnotationFile extends SourceFile {
  /** Its name without `.gz`. */
  readonly name: string
  /** The first unpacked bytes, enough to recognise the format. */
  readonly head: Uint8Array
}

const fail = (subject: string, problem: string, remedy: string) =>
  new InputError({ subject, problem, remedy })

/** The beginning of the problem text for a folder without the expected file. */
const absent = 'holds no '

/** The problem text for an empty file. */
const empty = 'the file is empty'

/** Whether a reading failed because the file has no content. */
export const isEmpty = (error: InputError): boolean => error.problem === empty

/** Whether a reading failed because its file is missing, not because it is invalid. */
export const isAbsent = (error: InputError): boolean => error.problem.startsWith(absent)

/** An error of reading a file as the user sees it. */
const readingError = (path: string, error: unknown): InputError => {
  if (error instanceof ContentError) {
    const [, line, problem] = /^(\d+): (.*)$/s.exec(error.message) ?? [null, null, error.message]
    return fail(line === null ? path : `${path}:${line}`, problem!, error.remedy)
  }
  return codeOf(error).startsWith('Z_')
    ? fileError(path, 'unpacked', error, 'fetch the file again')
    : fileError(path, 'read', error, 'check the path')
}

const reading = <A>(path: string, work: () => Promise<A>): Effect.Effect<A, InputError> =>
  Effect.tryPromise({ try: work, catch: (error) => readingError(path, error) })

/** The names in a folder of annotations. */
const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>, InputError> =>
  Effect.tryPromise({
    try: () => readdir(folder),
    catch: (error) => fileError(folder, 'listed', error, 'check the path of the annotation folder'),
  })

/** Opens a file: its hash and its beginning. A file that is empty or cannot be unpacked is an InputError. */
export const readSource = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<AnnotationFile, InputError> {
  const sha256 = yield* reading(path, async () => {
    const hash = createHash('sha256')
    for await (const portion of createReadStream(path)) hash.update(portion)
    return hash.digest('hex')
  })
  const head = yield* reading(path, async () => {
    for await (const portion of bytesIn(path)) if (portion.length > 0) return portion.subarray(0, 4096)
    return null
  })
  if (head === null) return yield* fail(`${path}:1`, empty, 'fetch the file again')
  const encoding = encodingProblem(head)
  if (encoding !== null) return yield* fail(path, encoding, saveAsUtf8)
  return { path, name: basename(path).replace(/\.gz$/, ''), sha256, head }
})

/**
 * The first of `candidates` (file names, or patterns over them) found in `folder`, as it is or as `.gz`; null if there
 * is none. `folder` may also be a single file.
 *
 * @param form only candidates whose found name contains it.
 */
export const findOptional = Effect.fnUntraced(function* (
  folder: string,
  candidates: ReadonlyArray<string | RegExp>,
  form?: string,
): Effect.fn.Return<AnnotationFile | null, InputError> {
  const isFile = yield* Effect.promise(() =>
    stat(folder).then(
      (found) => found.isFile(),
      () => false,
    ),
  )
  const names = isFile ? [basename(folder)] : yield* namesIn(folder)
  const within = isFile ? dirname(folder) : folder
  for (const candidate of candidates) {
    const fits = (name: string) => {
      const plain = name.replace(/\.gz$/, '')
      return typeof candidate === 'string' ? plain === candidate : candidate.test(plain)
    }
    const name = names.toSorted().find((one) => fits(one) && (form === undefined || one.includes(form)))
    if (name !== undefined) return yield* readSource(join(within, name))
  }
  return null
})

/** A candidate as an error names it: a pattern for an ending is `any file *.csv`. */
const nameOf = (candidate: string | RegExp): string =>
  typeof candidate === 'string'
    ? candidate
    : `any file ${candidate.source
        .replaceAll(/^\^|\$$/g, '')
        .replace(/^(?=\\\.)/, '*')
        .replaceAll('\\', '')}`

/** As `findOptional`, but a file must be there. */
export const find = Effect.fnUntraced(function* (
  folder: string,
  candidates: ReadonlyArray<string | RegExp>,
  form?: string,
): Effect.fn.Return<AnnotationFile, InputError> {
  const found = yield* findOptional(folder, candidates, form)
  if (found !== null) return found
  const wanted = candidates.map(nameOf).join(' or ')
  return yield* fail(
    folder,
    `${absent}${wanted}${form === undefined ? '' : ` of the form ${form}`} (plain or .gz)`,
    'use the folder that contains it, or choose another --split',
  )
})

/** All bytes of a source, limited to the longest string. */
export const bytesOf = (source: AnnotationFile): Effect.Effect<Uint8Array, InputError> =>
  reading(source.path, () => allBytes(source.path, maxText))

/** The file as text; bytes that are not UTF-8 are an InputError. */
const textOfSource = (source: AnnotationFile): Effect.Effect<string, InputError> =>
  Effect.flatMap(bytesOf(source), (bytes) => {
    const text = utf8(bytes)
    return text === null
      ? Effect.fail(fail(source.path, 'is not UTF-8 text', saveAsUtf8))
      : Effect.succeed(text)
  })

/** The file as one JSON value. */
export const jsonOf = Effect.fnUntraced(function* (
  source: AnnotationFile,
): Effect.fn.Return<unknown, InputError> {
  const read = parseJson(yield* textOfSource(source))
  if ('value' in read) return read.value
  return yield* fail(`${source.path}:${read.line}`, read.problem, 'fix the line or fetch the file again')
})

/** Passes on the entries of a JSON list or map, one by one; the first that is not JSON is an InputError. */
const eachElement = <A>(
  source: AnnotationFile,
  shape: Shape,
  use: (element: Element) => A,
): Effect.Effect<ReadonlyArray<A>, InputError> =>
  reading(source.path, async () => {
    const used: Array<A> = []
    for await (const element of elementsIn(source.path, shape)) {
      if (element.problem !== undefined)
        throw new ContentError(`${element.line}: ${element.problem}`, 'fix the line or fetch the file again')
      used.push(use(element))
    }
    return used
  })

/** A JSON file that must hold a list. */
export const listOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<unknown>, InputError> =>
  eachElement(source, 'list', ({ value }) => value)

/** A JSON file that must hold a map; its entries in the order of the file. The same key twice is an InputError. */
export const mapOf = (
  source: AnnotationFile,
): Effect.Effect<ReadonlyArray<[string, unknown]>, InputError> => {
  const lines = new Map<string, number>()
  return eachElement(source, 'map', ({ key, line, value }) => {
    const before = lines.get(key!)
    if (before !== undefined)
      throw new ContentError(
        `${line}: the key ${JSON.stringify(key)} was seen on line ${before}`,
        'keep one of them',
      )
    lines.set(key!, line)
    return [key!, value]
  })
}

/** Passes on the lines of a text file, one by one; blank lines are skipped. */
export const eachLine = (
  source: AnnotationFile,
  use: (line: Line) => void,
): Effect.Effect<void, InputError> =>
  reading(source.path, async () => {
    for await (const portion of linesIn(source.path)) for (const line of portion) use(line)
  })
