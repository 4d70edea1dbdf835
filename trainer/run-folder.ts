import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Json } from '../core/index.ts'
import {
  appendRows,
  appendRowsSync,
  canonical,
  codeOf,
  isVacant,
  makeFolders,
  readRows,
  writeWhole,
  writeWholeSync,
} from '../files/index.ts'

/** What fixes a run: another manifest in the same folder is refused. */
export interface RunManifest {
  readonly kind: 'sft' | 'curriculum'
  /** Options, data hash, model identity: everything that changes the result. */
  readonly settings: { readonly [name: string]: Json }
  /** Recorded, not compared: package version, machine, time. */
  readonly provenance: { readonly [name: string]: Json }
}

export interface RunFolder {
  readonly path: string
  readonly file: (...parts: ReadonlyArray<string>) => string
  /** Appends one JSON line; blocks and throws. */
  readonly append: (name: string, row: unknown) => void
  /** The same as an effect, whose error names the file and what to do. */
  readonly record: (name: string, row: unknown) => Effect.Effect<void, InputError>
  /** Keeps only the rows of a record whose `step` is below `step`. */
  readonly truncate: (name: string, step: number) => Effect.Effect<void, InputError>
}

const manifestSchema = z.object({ kind: z.string(), settings: z.record(z.string(), z.json()) })

/** A row of any record of a training. */
const stepped = z.looseObject({ step: z.number() })

const flatten = (value: unknown, path = ''): ReadonlyArray<readonly [string, string]> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, entry]) => flatten(entry, path === '' ? key : `${path}.${key}`))
    : [[path, canonical(value ?? null)]]

const difference = (here: unknown, now: unknown): string => {
  const before = new Map(flatten(here))
  const after = new Map(flatten(now))
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  )
  const shown = changed
    .slice(0, 3)
    .map((key) => `${key} was ${before.get(key) ?? 'unset'}, is ${after.get(key) ?? 'unset'}`)
  return `${shown.join('; ')}${changed.length > 3 ? `; and ${changed.length - 3} more` : ''}`
}

const folderAt = (path: string): RunFolder => {
  const file = (...parts: ReadonlyArray<string>) => join(path, ...parts)
  return {
    path,
    file,
    append: (name, row) => appendRowsSync(file(name), [row]),
    record: (name, row) => appendRows(file(name), [row]),
    truncate: Effect.fnUntraced(function* (name: string, step: number) {
      if (!existsSync(file(name))) return
      const rows = yield* readRows(file(name), stepped)
      const kept = rows.filter((row) => row.step < step)
      yield* writeWhole(file(name), kept.map((row) => `${JSON.stringify(row)}\n`).join(''))
    }),
  }
}

const claim = (path: string, manifest: RunManifest): RunFolder | InputError => {
  const folder = folderAt(path)
  const record = folder.file('run.json')
  if (isVacant(path)) {
    makeFolders(path)
    writeWholeSync(record, `${JSON.stringify(manifest, null, 2)}\n`)
    return folder
  }
  const remedy = 'choose another --run folder, or use the settings of this one'
  if (!existsSync(record))
    return new InputError({ subject: path, problem: 'contains other files and no run.json', remedy })
  const parsed = manifestSchema.safeParse(JSON.parse(readFileSync(record, 'utf8')))
  if (!parsed.success)
    return new InputError({ subject: record, problem: 'is not the record of a run', remedy })
  if (parsed.data.kind !== manifest.kind)
    return new InputError({ subject: path, problem: `is a ${parsed.data.kind} run`, remedy })
  if (canonical(parsed.data.settings) !== canonical(manifest.settings))
    return new InputError({
      subject: path,
      problem: `was made with other settings (${difference(parsed.data.settings, manifest.settings)})`,
      remedy,
    })
  // What a killed process was still writing.
  const checkpoints = folder.file('checkpoints')
  if (existsSync(checkpoints))
    for (const name of readdirSync(checkpoints))
      if (name.endsWith('.tmp') || name.endsWith('.old')) rmSync(join(checkpoints, name), { recursive: true })
  return folder
}

/**
 * Opens a run folder: a new or empty one is claimed with the manifest, one made by the same settings is continued, and
 * any other is refused with an InputError that names the first differences.
 */
export const openRunFolder = Effect.fnUntraced(function* (path: string, manifest: RunManifest) {
  const folder = yield* Effect.try({
    try: () => claim(path, manifest),
    catch: (cause) =>
      new InputError({
        subject: path,
        problem: `cannot be used as a run folder (${codeOf(cause)})`,
        remedy: 'choose a --run folder that is writable',
      }),
  })
  return folder instanceof InputError ? yield* folder : folder
})
