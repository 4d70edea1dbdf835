import { basename, resolve } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import type { Preprocessing } from '../../engine/checkpoint/index.ts'
import { cachedName, checkpointName } from '../checkpoint-name.ts'
import type { ModelFacts } from './family.ts'
import { makeProfile } from './make.ts'
import type { ProfileOverrides } from './profile.ts'

/** `spanwise.json` of a checkpoint: facts not in its other files. Training copies it to its checkpoints. */
const markSchema = z.strictObject({ family: z.string() })

const jsonOf = (files: Preprocessing['files'], name: string): unknown => {
  const text = files.get(name)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const kindSchema = z.object({ model_type: z.string() })

/** Facts about a model from the files of its checkpoint. */
export const checkpointFacts = ({
  folder,
  files,
  processor,
  imagePixels,
  generation,
}: Preprocessing): ModelFacts => ({
  name: cachedName(folder) ?? basename(resolve(folder)),
  aliases: [],
  family: markSchema.safeParse(jsonOf(files, 'spanwise.json')).data?.family ?? null,
  architecture: kindSchema.safeParse(jsonOf(files, 'config.json')).data?.model_type ?? null,
  processor: {
    fps: processor.fps,
    minFrames: processor.minFrames,
    maxFrames: processor.maxFrames,
    maxPixels: processor.maxPixels,
    minImagePixels: imagePixels,
    factor: processor.patchSize * processor.mergeSize,
    framesPerToken: processor.temporalPatchSize,
  },
  sampling: generation.sample
    ? { temperature: generation.temperature, topP: generation.topP, topK: generation.topK }
    : null,
  template: files.get('chat_template.jinja') ?? files.get('chat_template.json') ?? null,
})

/** The profile of a checkpoint folder whose text files have been read. */
export const checkpointProfile = (preprocessing: Preprocessing, overrides: ProfileOverrides = {}) =>
  Effect.map(
    Effect.fromResult(makeProfile(checkpointFacts(preprocessing), overrides)),
    // What is recognised by name is not read from the name of a run, which its user chose.
    (profile) => ({ ...profile, model: checkpointName(preprocessing.folder) }),
  )
