import path from 'node:path'

/**
 * Whether an index may name this file for its weights: a safetensors file in the checkpoint's own folder. Paths are
 * judged by the rules of Windows too, whose separators and drives would lead elsewhere there.
 */
export const isShardName = (name: string): boolean =>
  name.length > '.safetensors'.length &&
  name.endsWith('.safetensors') &&
  path.win32.basename(name) === name &&
  path.posix.basename(name) === name &&
  !name.includes('\0')
