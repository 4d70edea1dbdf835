import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'

/** What makes a checkpoint answer as it does: weights, configuration, tokenizer, template, preprocessors. */
const matters = /\.(safetensors|json|jinja|txt)$/

/**
 * A hash of a checkpoint folder's files, 16 hexadecimal digits: equal where names and bytes are equal, whatever the
 * folder is called. Reads every byte, in portions.
 */
export const checkpointRevision = (folder: string): Effect.Effect<string, InputError> =>
  Effect.tryPromise({
    try: async () => {
      const hash = createHash('sha256')
      for (const name of (await readdir(folder)).filter((file) => matters.test(file)).sort()) {
        hash.update(`${name}\n`)
        await pipeline(createReadStream(join(folder, name)), hash, { end: false })
      }
      return hash.digest('hex').slice(0, 16)
    },
    catch: (error) =>
      new InputError({
        subject: folder,
        problem: `cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`,
        remedy: 'name a checkpoint folder with --model',
      }),
  })
