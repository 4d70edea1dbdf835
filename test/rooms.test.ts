import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The rooms from the ground up: each imports only from those before it. */
const rooms = [
  'core',
  'files',
  'graph',
  'video',
  'engine',
  'models',
  'tasks',
  'datasets',
  'rewards',
  'agents',
  'store',
  'reviews',
  'folds',
  'curriculum',
  'eval',
  'trainer',
  'pipelines',
  'lab',
  'studio',
  'cli',
] as const

const root = normalize(join(import.meta.dirname, '..'))

const sources = rooms.flatMap((room) => {
  const names = (() => {
    try {
      return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    } catch {
      return []
    }
  })()
  return names
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => `${room}/${name}`)
})

const imported = /(?:from|import\(|import) ?'(\.\.?\/[^']+)'/g
const importsOf = new Map(
  sources.map((file) => [
    file,
    [...readFileSync(join(root, file), 'utf8').matchAll(imported)].map((match) =>
      normalize(join(dirname(file), match[1]!)),
    ),
  ]),
)
const roomOf = (file: string) => file.slice(0, file.indexOf('/'))
const across = sources.flatMap((file) =>
  importsOf
    .get(file)!
    .filter(
      (target) =>
        roomOf(target) !== roomOf(file) && (rooms as ReadonlyArray<string>).includes(roomOf(target)),
    )
    .map((target) => ({ file, target })),
)

/** The face of a room is its `index.ts` or that of a folder in it; `pipelines` and `lab` have one file per command. */
const isFace = (target: string) =>
  /^[\w-]+\/([\w-]+\/)?index\.ts$/.test(target) || /^(pipelines|lab)\/([\w-]+\/)?[\w-]+\.ts$/.test(target)

describe('the rooms', () => {
  it('import only from rooms below', () =>
    expect(
      across.filter(
        ({ file, target }) => rooms.indexOf(roomOf(target) as never) > rooms.indexOf(roomOf(file) as never),
      ),
    ).toEqual([]))

  it('are used through their face', () => expect(across.filter(({ target }) => !isFace(target))).toEqual([]))

  it('have no circles', () => {
    const done = new Set<string>()
    const visit = (file: string, path: ReadonlyArray<string>): void => {
      if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].join(' -> '))
      if (done.has(file)) return
      for (const target of importsOf.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
    for (const file of sources) visit(file, [])
  })

  it('know an architecture of the engine by its catalogue only', () => {
    const folderOf = (file: string) => /^engine\/architectures\/([\w-]+)\//.exec(file)?.[1]
    const own = sources.flatMap((file) =>
      importsOf.get(file)!.flatMap((target) => {
        const folder = folderOf(target)
        const shared = folder === undefined || folder === 'parts' || folder === folderOf(file)
        return shared ? [] : [file]
      }),
    )
    expect(new Set(own)).toEqual(new Set(['engine/architectures/catalogue.ts']))
  })

  it('are made of short files, and none holds a fifth of the lines', () => {
    const lengths = new Map(
      sources.map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length]),
    )
    const total = [...lengths.values()].reduce((sum, length) => sum + length, 0)
    const sizes = rooms.map((room) =>
      sources.reduce((sum, file) => sum + (roomOf(file) === room ? lengths.get(file)! : 0), 0),
    )
    expect([...lengths].filter(([, length]) => length > 300)).toEqual([])
    expect(Math.max(...sizes) / total).toBeLessThan(0.2)
    expect([...lengths.values()].sort((a, b) => a - b)[lengths.size >> 1]).toBeLessThan(80)
  })
})
