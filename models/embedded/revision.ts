import { createHash } from 'node:crypto'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { codeOf } from '../../files/index.ts'

/** The files that determine a checkpoint's answers: weights, configuration, tokenizer, template, preprocessors. */
const matters = /\.(safetensors|json|jinja|txt)$/

const portion = new Uint8Array(8 * 2 ** 20)

const hashFiles = async (folder: string, names: ReadonlyArray<string>): Promise<string> => {
  const hash = createHash('sha256')
  for (const name of names) {
    hash.update(`${name}\n`)
    await using handle = await open(join(folder, name))
    for (;;) {
      const { bytesRead } = await handle.read(portion, 0, portion.length)
      if (bytesRead === 0) break
      hash.update(portion.subarray(0, bytesRead))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

/** Hashes computed by this process, by the state of all files: gigabytes of weights are read once. */
const known = new Map<string, Promise<string>>()
/** Sequential, because they share the buffer and the disk. */
let last: Promise<unknown> = Promise.resolve()

const stateOf = async (folder: string, names: ReadonlyArray<string>): Promise<string> => {
  const states = await Promise.all(
    names.map(async (name) => {
      const { ino, size, mtimeNs, ctimeNs } = await stat(join(folder, name), { bigint: true })
      return [name, ino, size, mtimeNs, ctimeNs].join()
    }),
  )
  return [await realpath(folder), ...states].join('\n')
}

/**
 * A hash of a checkpoint folder's files, 16 hexadecimal digits: equal if names and bytes are equal, independent of the
 * folder's name. Reads every byte, in chunks, unless no file has changed since this process did so.
 */
export const checkpointRevision = (folder: string): Effect.Effect<string, InputError> =>
  Effect.tryPromise({
    try: async () => {
      const names = (await readdir(folder)).filter((file) => matters.test(file)).sort()
      const state = await stateOf(folder, names)
      const before = known.get(state)
      if (before !== undefined) return before
      const made = last.then(() => hashFiles(folder, names))
      last = made.catch(() => undefined)
      known.set(state, made)
      made.catch(() => known.delete(state))
      return made
    },
    catch: (error) =>
      new InputError({
        subject: folder,
        problem: `cannot be read (${codeOf(error)})`,
        remedy: 'set --model to a checkpoint folder',
      }),
  })
