import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** Everything that the page is built from, relative to the package. */
const sources = ['studio/page', 'core', 'package.json']

const filesIn = (path: string): ReadonlyArray<string> =>
  path.endsWith('.json')
    ? [path]
    : readdirSync(join(root, path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
        .sort()

/** Whether this copy of the package holds the sources of the page; a packed one may hold what was built from them only. */
export const hasSources = (): boolean => existsSync(join(root, 'studio', 'page', 'index.html'))

/** SHA-256 of the names and contents of the page's sources: another one means that the built page is out of date. */
export const sourceDigest = (): string => {
  const hash = createHash('sha256')
  for (const file of sources.flatMap(filesIn)) {
    const bytes = readFileSync(join(root, file))
    hash.update(`${file}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
