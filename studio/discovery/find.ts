import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { agents } from '../../agents/index.ts'
import type { runKinds } from '../api/index.ts'

/** A run and its folder, which the browser never sees. */
export interface FoundRun {
  readonly id: string
  readonly kind: (typeof runKinds)[number]
  readonly name: string
  readonly path: string
}

/** Folders that hold no runs, however many files they have. */
const passedOver = /^(node_modules|worlds?|videos|cache|checkpoints|validation|logs|fold-.*|\..*)$/

/** Folders of runs are at most this far below the opened one, as `runs/eval/charades/NAME` is. */
const deepest = 3

const agentFolders = Object.values(agents).map(({ name }) => name)

const kindOf = (folder: string, names: ReadonlySet<string>): FoundRun['kind'] | null => {
  if (agentFolders.some((name) => names.has(name) && existsSync(join(folder, name, 'settings.json'))))
    return 'curation'
  if (names.has('run.json')) return 'training'
  if (names.has('settings.json') && (names.has('predictions.jsonl') || names.has('report.json')))
    return 'evaluation'
  return null
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** Every run in a folder: the folder itself, or those below it. */
const runsIn = (
  folder: string,
  depth = 0,
): ReadonlyArray<{ readonly kind: FoundRun['kind']; readonly path: string }> => {
  const names = namesIn(folder)
  const kind = kindOf(folder, new Set(names))
  if (kind !== null) return [{ kind, path: folder }]
  if (depth === deepest) return []
  return names
    .filter((name) => !passedOver.test(name) && isFolder(join(folder, name)))
    .flatMap((name) => runsIn(join(folder, name), depth + 1))
}

/** The path below the first of the roots that holds it. */
const nameOf = (path: string, roots: ReadonlyArray<string>): string => {
  for (const root of roots) {
    const below = relative(root, path)
    if (below !== '' && !below.startsWith('..')) return below.split(sep).join('/')
  }
  return basename(path)
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/** A name as an id. Where other names would become the same, its digest tells it from them. */
const idOf = (name: string): string => {
  const id = name.replaceAll('/', '.').replaceAll(/[^\w.-]/g, '_')
  return /^[\w/-]+$/.test(name) ? id : `${id}-${digest(name)}`
}

/**
 * Every run in some folders, each once. Ids stay the same from start to start, and whatever other runs come: a decision
 * on an open page must not go to another run. Of equal names below several roots, that below the last keeps the plain id.
 */
export const findRuns = (roots: ReadonlyArray<string>): ReadonlyMap<string, FoundRun> => {
  const found = new Map(roots.flatMap((root) => runsIn(root)).map((one) => [one.path, one]))
  const last = roots.at(-1)
  const isLast = ({ path }: { readonly path: string }) =>
    last !== undefined && (path === last || path.startsWith(`${last}${sep}`))
  const runs = new Map<string, FoundRun>()
  for (const { kind, path } of [...found.values()].toSorted(
    (a, b) => Number(isLast(b)) - Number(isLast(a)),
  )) {
    const name = nameOf(path, roots)
    const plain = idOf(name)
    const id = runs.has(plain) ? `${plain}-${digest(path)}` : plain
    runs.set(id, { id, kind, name, path })
  }
  return runs
}
