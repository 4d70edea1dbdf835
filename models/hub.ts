import { homedir } from 'node:os'
import { Effect, FileSystem, Path } from 'effect'
import { InputError } from '../core/index.ts'

/** `owner/name`, optionally with a revision: `Qwen/Qwen3-VL-2B-Instruct@main`. */
const hubName = /^(\w[\w.-]*\/[\w.-]+)(?:@([\w./-]+))?$/

/** The folder of Hugging Face's cache, as `huggingface_hub` finds it: a leading `~` is the home folder there too. */
const cacheFolder = (environment: NodeJS.ProcessEnv, join: (...parts: ReadonlyArray<string>) => string) => {
  const user = environment.HOME || homedir()
  const folder = (name: string): string | null =>
    environment[name] ? environment[name].replace(/^~(?=\/|$)/, user) : null
  const home = folder('HF_HOME') ?? join(folder('XDG_CACHE_HOME') ?? join(user, '.cache'), 'huggingface')
  return folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub')
}

/**
 * The folder of a checkpoint: a folder by its path, or a model of the hub by its name, looked up in the local Hugging
 * Face cache (`HF_HUB_CACHE`, `HF_HOME`; the revision's ref, then the snapshot). Nothing is downloaded: if the model
 * is missing, an InputError gives the download command.
 */
export const resolveCheckpoint = Effect.fn('Models.resolveCheckpoint')(function* (
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const there = (file: string) => fs.exists(file).pipe(Effect.orElseSucceed(() => false))
  if (yield* there(name)) return name
  const [, model, revision = 'main'] = hubName.exec(name) ?? []
  if (model === undefined)
    return yield* new InputError({
      subject: `--model ${name}`,
      problem: 'no such folder',
      remedy: 'use the folder of a Hugging Face checkpoint, or the name of a model on the hub (owner/name)',
    })
  const folder = path.join(cacheFolder(environment, path.join), `models--${model.replace('/', '--')}`)
  const ref = yield* fs
    .readFileString(path.join(folder, 'refs', revision))
    .pipe(Effect.orElseSucceed(() => revision))
  const snapshot = path.join(folder, 'snapshots', ref.trim())
  if (yield* there(path.join(snapshot, 'config.json'))) return snapshot
  return yield* new InputError({
    subject: `--model ${name}`,
    problem: `is neither a folder nor in the Hugging Face cache (${folder})`,
    remedy: `download it: hf download ${model}${revision === 'main' ? '' : ` --revision ${revision}`}`,
  })
})
