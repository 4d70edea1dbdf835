import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Effect } from 'effect'
import { InputError } from '../core/index.ts'
import { duplicateKey, lineAt } from '../files/index.ts'
import type { SourceFile } from './dataset.ts'

/** One annotation file, unpacked. */
export interface AnnotationFile extends SourceFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const fail = (subject: string, problem: string, remedy: string) =>
  new InputError({ subject, problem, remedy })

/** How the problem of a folder begins that does not hold the file looked for. */
const absent = 'holds no '

/** What is said of a file without a byte. */
const empty = 'the file is empty'

/** Whether a reading failed because the file has no content. */
export const isEmpty = (error: InputError): boolean => error.problem === empty

/** Whether a reading failed because its file is not there, and not because something is wrong with it. */
export const isAbsent = (error: InputError): boolean => error.problem.startsWith(absent)

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)

/** The names in a folder of annotations. */
const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>, InputError> =>
  Effect.tryPromise({
    try: () => readdir(folder),
    catch: (error) =>
      fail(folder, `cannot be listed (${codeOf(error)})`, 'give the folder of the annotation files'),
  })

/** Reads a whole file, `.gz` unpacked. A file that is empty or cut short is an InputError. */
export const readSource = (path: string): Effect.Effect<AnnotationFile, InputError> =>
  Effect.gen(function* () {
    const packed = yield* Effect.tryPromise({
      try: () => readFile(path),
      catch: (error) => fail(path, `cannot be read (${codeOf(error)})`, 'check the path'),
    })
    const bytes = yield* Effect.try({
      try: () => (path.endsWith('.gz') ? gunzipSync(packed) : packed),
      catch: (error) => fail(path, `cannot be unpacked (${codeOf(error)})`, 'fetch the file again'),
    })
    if (bytes.length === 0) return yield* fail(`${path}:1`, empty, 'fetch the file again')
    const sha256 = createHash('sha256').update(packed).digest('hex')
    return { path, name: basename(path).replace(/\.gz$/, ''), bytes, sha256 }
  })

/**
 * The first of `candidates` (file names, or patterns over them) found in `folder`, as it is or as `.gz`; null if there
 * is none. `folder` may also be a file, which is then all there is to find.
 *
 * @param form only candidates whose found name contains it.
 */
export const findOptional = (
  folder: string,
  candidates: ReadonlyArray<string | RegExp>,
  form?: string,
): Effect.Effect<AnnotationFile | null, InputError> =>
  Effect.gen(function* () {
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

/** As `findOptional`, but a file must be there. */
export const find = (
  folder: string,
  candidates: ReadonlyArray<string | RegExp>,
  form?: string,
): Effect.Effect<AnnotationFile, InputError> =>
  Effect.gen(function* () {
    const found = yield* findOptional(folder, candidates, form)
    if (found !== null) return found
    const wanted = candidates.map(String).join(' or ')
    return yield* fail(
      folder,
      `${absent}${wanted}${form === undefined ? '' : ` of the form ${form}`}, packed with gzip or not`,
      'give the folder that holds it',
    )
  })

const decoder = new TextDecoder('utf-8', { fatal: true })

/** The file as text; bytes that are not UTF-8 are an InputError. */
export const textOfSource = (source: AnnotationFile): Effect.Effect<string, InputError> =>
  Effect.try({
    try: () => decoder.decode(source.bytes),
    catch: () => fail(source.path, 'is not UTF-8 text', 'save it as UTF-8'),
  })

/** Where and why a text is no JSON: the message of V8 says the position, or that the text ends too soon. */
export const jsonFault = (text: string, error: unknown): { line: number; message: string } => {
  const message = error instanceof Error ? error.message : String(error)
  const position = /at position (\d+)/.exec(message)?.[1]
  const ended = /Unexpected end|Unterminated/.test(message)
  const line = lineAt(text, position !== undefined && !ended ? Number(position) : text.trimEnd().length)
  const plain = ended
    ? 'the text ends in the middle of a value'
    : message.replace(/ in JSON at position .*$/s, '')
  return { line, message: plain.replaceAll('\n', ' ') }
}

/** The file as one JSON value. */
export const jsonOf = (source: AnnotationFile): Effect.Effect<unknown, InputError> =>
  Effect.gen(function* () {
    const text = yield* textOfSource(source)
    return yield* Effect.try({
      try: (): unknown => JSON.parse(text),
      catch: (error) => {
        const { line, message } = jsonFault(text, error)
        return fail(
          `${source.path}:${line}`,
          `no valid JSON: ${message}`,
          'mend the line or fetch the file again',
        )
      },
    })
  })

/** A JSON file that must hold a list. */
export const listOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<unknown>, InputError> =>
  Effect.flatMap(jsonOf(source), (value) =>
    Array.isArray(value)
      ? Effect.succeed(value)
      : Effect.fail(fail(source.path, 'is no list', 'give the file as published')),
  )

/** A JSON file that must hold a map; its entries in the order of the file (integer-like keys come first, ascending). */
export const mapOf = (source: AnnotationFile): Effect.Effect<ReadonlyArray<[string, unknown]>, InputError> =>
  Effect.gen(function* () {
    const value = yield* jsonOf(source)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return yield* fail(source.path, 'is no map', 'give the file as published')
    // JSON.parse keeps the last of two equal keys and says nothing.
    const twice = duplicateKey(yield* textOfSource(source))
    if (twice !== null)
      return yield* fail(
        `${source.path}:${twice.line}`,
        `the key ${JSON.stringify(twice.key)} was seen on line ${twice.before}`,
        'keep one of them',
      )
    return Object.entries(value)
  })

/** The non-empty lines of a text, each with its 1-based number. */
export const linesOf = (text: string): ReadonlyArray<{ readonly line: number; readonly text: string }> =>
  text
    .split('\n')
    .map((one, index) => ({ line: index + 1, text: one.endsWith('\r') ? one.slice(0, -1) : one }))
    .filter((one) => one.text.trim() !== '')
