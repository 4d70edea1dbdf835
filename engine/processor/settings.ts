import { z } from 'zod'
import { count, limits } from '../limits.ts'

const triple = z.union([
  z.array(z.number()).length(3),
  z.number().transform((value) => [value, value, value]),
])

/** The fields of a video (or image) preprocessor file that the computation depends on, as `Qwen3VLVideoProcessor` names them. */
export const videoSettingsSchema = z
  .object({
    patch_size: count(limits.patch).default(16),
    temporal_patch_size: count(limits.patch).default(2),
    merge_size: count(limits.patch).default(2),
    image_mean: triple.default([0.5, 0.5, 0.5]),
    image_std: triple.default([0.5, 0.5, 0.5]),
    do_rescale: z.literal(true).default(true),
    do_normalize: z.literal(true).default(true),
    rescale_factor: z
      .number()
      .positive()
      .default(1 / 255),
    size: z
      .object({ shortest_edge: z.number().positive(), longest_edge: z.number().positive() })
      .default({ shortest_edge: 131072, longest_edge: 786432 }),
    fps: z.number().positive().nullish(),
    min_frames: count(limits.frames).default(4),
    max_frames: count(limits.frames).default(768),
  })
  .transform((raw) => ({
    patchSize: raw.patch_size,
    temporalPatchSize: raw.temporal_patch_size,
    mergeSize: raw.merge_size,
    mean: raw.image_mean,
    std: raw.image_std,
    rescaleFactor: raw.rescale_factor,
    /** Fewest and most pixels of a whole clip: frames x height x width. */
    minPixels: raw.size.shortest_edge,
    maxPixels: raw.size.longest_edge,
    fps: raw.fps ?? 2,
    minFrames: raw.min_frames,
    maxFrames: raw.max_frames,
  }))

export type ProcessorSettings = z.output<typeof videoSettingsSchema>
