import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, type Json } from '../core/index.ts'
import { canonical, contentHash, readJson, writeJson } from '../files/index.ts'
import type { ModelIdentity } from '../models/index.ts'
import { partVersion } from '../store/index.ts'

/** Everything that a verdict depends on apart from the sample. */
export interface FoldSettings {
  readonly agent: string
  readonly prompt: string
  readonly model: ModelIdentity
  readonly settings: { readonly [name: string]: Json }
}

const asJson = ({ agent, prompt, model, settings }: FoldSettings): { readonly [name: string]: Json } => ({
  schema: partVersion,
  agent,
  prompt,
  model: { ...model },
  settings,
})

/** Hash that, with the sample's key, identifies a verdict; 16 hexadecimal digits. */
export const settingsHash = (settings: FoldSettings): string => contentHash(asJson(settings)).slice(0, 16)

/** The first field in which two values differ, as a dotted path with both values; null where they are equal. */
export const difference = (before: Json | undefined, after: Json | undefined, path = ''): string | null => {
  const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)].sort())) {
      const found = difference(before[key], after[key], path === '' ? key : `${path}.${key}`)
      if (found !== null) return found
    }
    return null
  }
  return canonical(before) === canonical(after)
    ? null
    : `${path} was ${canonical(before)} and is now ${canonical(after)}`
}

/** Writes the settings into an agent's folder of a run, or refuses a folder that was begun with others. */
export const claimSettings = Effect.fnUntraced(function* (
  folder: string,
  settings: FoldSettings,
  remedy = 'use those settings or another --run',
): Effect.fn.Return<void, InputError> {
  const path = join(folder, 'settings.json')
  const stored = yield* readJson(path, z.json())
  if (stored === null) return yield* writeJson(path, asJson(settings))
  const changed = difference(stored as Json, asJson(settings))
  if (changed !== null)
    return yield* new InputError({
      subject: path,
      problem: `this run folder was made with other settings: ${changed}`,
      remedy,
    })
})
