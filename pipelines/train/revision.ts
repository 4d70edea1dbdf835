import { createHash } from 'node:crypto'
import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'

/** SHA-256 over the configuration, tokenizer and weight files of a checkpoint folder, by name. */
export const revisionOf = (folder: string): Effect.Effect<string, InputError> =>
  Effect.tryPromise({
    try: async () => {
      const hash = createHash('sha256')
      const names = readdirSync(folder).filter((name) => /\.(json|safetensors|jinja)$/.test(name))
      for (const name of names.sort()) {
        hash.update(`${name}\n`)
        await pipeline(createReadStream(join(folder, name)), hash, { end: false })
      }
      return hash.digest('hex')
    },
    catch: (cause) =>
      new InputError({
        subject: folder,
        problem: `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
        remedy: 'give the folder of a Hugging Face checkpoint as --model',
      }),
  })
