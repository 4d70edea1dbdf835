import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { fileError, whole } from '../../files/index.ts'
import type { Checkpoint } from './checkpoint.ts'
import { bytesPer, type FloatType } from './floats.ts'
import { type Tensor, writeSafetensors } from './safetensors.ts'
import { isShardName } from './shard-name.ts'

export interface WriteOptions {
  /** Element type of all weights; by default each keeps the type it was read with. */
  readonly type?: FloatType
  /** Further files for the folder, e.g. README.md. */
  readonly extra?: ReadonlyMap<string, string>
}

const torchNames: Readonly<Record<FloatType, string>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }

/** config.json says which type transformers loads the weights as. */
const configText = (text: string, type: FloatType | undefined): string => {
  if (type === undefined) return text
  const { torch_dtype: _old, ...config } = JSON.parse(text)
  return `${JSON.stringify({ ...config, dtype: torchNames[type] }, null, 2)}\n`
}

const writeWeights = async (folder: string, checkpoint: Checkpoint, type: FloatType | undefined) => {
  const files = new Map<string, Map<string, Tensor>>()
  let total = 0
  for (const [name, tensor] of checkpoint.tensors) {
    const file = checkpoint.shards.get(name) ?? 'model.safetensors'
    if (!isShardName(file)) {
      throw new InputError({
        subject: folder,
        problem: `weight ${name} is to be written to ${JSON.stringify(file)}, which is not a safetensors file in this folder`,
        remedy: 'give shards plain names ending in .safetensors',
      })
    }
    if (!files.has(file)) files.set(file, new Map())
    const written = { ...tensor, type: type ?? tensor.type }
    files.get(file)!.set(checkpoint.stored.get(name) ?? name, written)
    total += tensor.data.length * bytesPer[written.type]
  }
  for (const [file, tensors] of files) await writeSafetensors(path.join(folder, file), tensors)
  if (files.size === 1 && files.has('model.safetensors')) return
  const places = Object.fromEntries(
    [...files].flatMap(([file, tensors]) => [...tensors.keys()].map((name) => [name, file])),
  )
  const index = { metadata: { total_size: total }, weight_map: places }
  await writeFile(path.join(folder, 'model.safetensors.index.json'), `${JSON.stringify(index, null, 2)}\n`)
}

/**
 * Writes a checkpoint as the folder it was read from is laid out, so that transformers loads it. Whole or not at all; a
 * folder that stood there before is replaced.
 */
export const writeCheckpoint = (
  folder: string,
  checkpoint: Checkpoint,
  options: WriteOptions = {},
): Effect.Effect<void, InputError> =>
  Effect.uninterruptible(
    Effect.tryPromise({
      try: () =>
        whole(folder, async (temporary) => {
          await mkdir(temporary)
          for (const [name, text] of [...checkpoint.files, ...(options.extra ?? [])]) {
            const content = name === 'config.json' ? configText(text, options.type) : text
            await writeFile(path.join(temporary, name), content)
          }
          await writeWeights(temporary, checkpoint, options.type)
        }),
      catch: (cause) => (cause instanceof InputError ? cause : fileError(folder, 'written', cause)),
    }),
  )
