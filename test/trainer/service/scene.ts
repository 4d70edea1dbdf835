import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { VideoError } from '../../../core/index.ts'
import { composeRewards } from '../../../rewards/index.ts'
import {
  type ClipViews,
  clipViews,
  grpoSchema,
  openRunFolder,
  type TrainingItem,
} from '../../../trainer/index.ts'
import {
  engineSettings,
  makeTrainingService,
  type TrainingServiceOptions,
} from '../../../trainer/service/index.ts'
import type { Clip } from '../../../video/index.ts'
import { grayClip } from '../clip.ts'
import { stubItems } from '../stub.ts'

/** A clip whose every frame is its own: byte `place` everywhere, after the number of the video. */
export const numberedClip = (video: number, frames = 16): Clip => {
  const clip = grayClip(frames)
  const size = clip.width * clip.height * 3
  const rgb = new Uint8Array(frames * size)
  for (let place = 0; place < frames; place++)
    rgb.fill((17 * video + place) % 256, place * size, (place + 1) * size)
  return { ...clip, rgb }
}

export interface Scene {
  readonly items: ReadonlyArray<TrainingItem>
  readonly views: ClipViews
  /** Files decoded so far. */
  readonly decoded: Array<string>
  /** Files that cannot be read. */
  readonly broken: Set<string>
}

/** Nine samples, every third hard; margin 0, so that a mask has something to hide. */
export const scene = (cacheBytes?: number): Scene => {
  const items = stubItems(9)
  const decoded: Array<string> = []
  const broken = new Set<string>()
  const views = clipViews({
    clip: ({ sample }) =>
      Effect.suspend(() => {
        decoded.push(sample.file)
        return broken.has(sample.file)
          ? Effect.fail(
              new VideoError({ path: sample.file, reason: 'missing', problem: 'there is no such file' }),
            )
          : Effect.succeed(numberedClip(Number(sample.id.slice(1))))
      }),
    seed: 0,
    mode: 'blank',
    margin: 0,
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  })
  return { items, views, decoded, broken }
}

export const steps = 6

/** The service of a GRPO run of six steps with three prompts each; `folder` continues an earlier one. */
export const service = Effect.fnUntraced(function* (
  { items, views }: Scene,
  settings: { readonly [name: string]: unknown } = {},
  folder = mkdtempSync(join(tmpdir(), 'spanwise-service-')),
  shared: string | null = null,
  encode?: (text: string) => ReadonlyArray<number>,
  shown?: TrainingServiceOptions['shown'],
) {
  const { rewards = { iou: 1, format: 0.5 } } = settings as { rewards?: Record<string, number> }
  const options = grpoSchema.parse({
    mask: { kind: 'linear' },
    learningRate: 1e-4,
    sampling: { maxTokens: 16 },
    prompts: 3,
    group: 2,
    steps,
    ...settings,
  })
  return {
    options,
    path: folder,
    service: yield* makeTrainingService({
      run: 'test',
      training: { kind: 'curriculum', options, rewards: yield* composeRewards(rewards) },
      steps,
      items,
      views,
      wording: { dialect: 'shapes' },
      folder: yield* openRunFolder(folder, { kind: 'curriculum', settings: {}, provenance: {} }),
      engine: engineSettings.parse({ model: 'm', output: 'o' }),
      sharedFrames: shared,
      ...(encode === undefined ? {} : { encode }),
      ...(shown === undefined ? {} : { shown }),
      ahead: 0,
    }),
  }
})

export const places = ['draw/0', 'draw/1', 'draw/2']
