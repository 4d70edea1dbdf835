import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'

/** The entry of a folder whose name is the same text in composed form (NFC); null where there is none. */
const sameName = (folder: string, name: string): string | null => {
  try {
    const wanted = name.normalize('NFC')
    return readdirSync(folder).find((entry) => entry.normalize('NFC') === wanted) ?? null
  } catch {
    return null
  }
}

/**
 * The path of a file that an annotation names: below `folder`, or as given if absolute. Accents may be one character or
 * two (NFC, NFD), and annotations and disks differ in this. The path as given if no such file is found.
 */
export const locate = (folder: string, file: string): string => {
  const plain = isAbsolute(file) ? file : join(folder, file)
  // ASCII names have one form only.
  if (/^[\x20-\x7e]*$/.test(file) || existsSync(plain)) return plain
  const missing: Array<string> = []
  let at = plain
  while (!existsSync(at) && dirname(at) !== at) {
    missing.unshift(basename(at))
    at = dirname(at)
  }
  for (const name of missing) {
    const found = sameName(at, name)
    if (found === null) return plain
    at = join(at, found)
  }
  return at
}
