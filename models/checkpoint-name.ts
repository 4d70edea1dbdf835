import { basename, dirname, resolve } from 'node:path'

/** Name of the folder two levels above. */
const grandparent = (path: string): string => basename(dirname(dirname(path)))

/** `owner/name` of a folder in the Hugging Face cache, whose own name is a commit; null for any other folder. */
export const cachedName = (folder: string): string | null => {
  const path = resolve(folder)
  const [, owner, name] = /^models--(.+?)--(.+)$/.exec(grandparent(path)) ?? []
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
    (stepName.test(basename(step)) ? `${grandparent(step)}/${basename(step)}` : basename(path))
  )
}
