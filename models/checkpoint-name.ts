import { basename, dirname, resolve } from 'node:path'

const parent = (folder: string, levels: number): string =>
  Array.from({ length: levels }).reduce<string>((path) => dirname(path), folder)

/** `owner/name` of a folder in the Hugging Face cache, whose own name is a commit; null for any other folder. */
export const cachedName = (folder: string): string | null => {
  const path = resolve(folder)
  const [, owner, name] = /^models--(.+?)--(.+)$/.exec(basename(parent(path, 2))) ?? []
  return basename(dirname(path)) === 'snapshots' && owner !== undefined && name !== undefined
    ? `${owner}/${name}`
    : null
}

/** The checkpoint of a training's step: by the embedded engine (`step-000050/model`) or by TRL (`checkpoint-50`). */
const stepName = /^(?:step|checkpoint)-\d+$/

/**
 * The name by which people know a checkpoint: its name on the hub, `RUN/STEP` for a checkpoint of a training, else the
 * name of its folder.
 */
export const checkpointName = (folder: string): string => {
  const path = resolve(folder)
  const step = basename(path) === 'model' ? dirname(path) : path
  return (
    cachedName(path) ??
    (stepName.test(basename(step)) ? `${basename(parent(step, 2))}/${basename(step)}` : basename(path))
  )
}
