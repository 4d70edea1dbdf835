import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
/** What the sources do not need to run. */
const apart = new Set(['node_modules', 'checkpoints', 'test', 'bench', 'docs', 'engines', 'runs'])

/** Copies the sources into a new folder, to see what a change to them does. */
export const copySources = (folder: string): void => {
  for (const { name } of readdirSync(root, { withFileTypes: true }))
    if (!apart.has(name) && !name.startsWith('.'))
      cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

/** Puts `line` at the head of a file and `entry` into the list that begins with `list`. */
export const enterInto = (file: string, line: string, list: string, entry: string): void => {
  const before = readFileSync(file, 'utf8')
  if (!before.includes(list)) throw new Error(`${file} has no ${list}`)
  writeFileSync(file, `${line}\n${before.replace(list, `${list}${entry}, `)}`)
}
