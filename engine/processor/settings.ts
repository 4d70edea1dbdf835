import { z } from 'zod'
import type { ProcessorDefaults } from '../architectures/index.ts'
import { count, limits } from '../limits.ts'

const triple = (channel: z.ZodType<number>) =>
  z.union([z.array(channel).length(3), channel.transform((value) => [value, value, value])])

/** Colour channels are of 0 to 1 after rescaling. */
const mean = z.number().min(-1e3).max(1e3)
const deviation = z.number().min(1e-3).max(1e3)

/** The fields of a video (or image) preprocessor file that the computation depends on, as transformers names them. */
export const videoSettings = ({ patchSize, mean: means, std, pixels: [least, most] }: ProcessorDefaults) =>
  z
    .object({
      patch_size: count(limits.patch).default(patchSize),
      temporal_patch_size: count(limits.patch).default(2),
      merge_size: count(limits.patch).default(2),
      image_mean: triple(mean).default([...means]),
      image_std: triple(deviation).default([...std]),
      do_rescale: z.literal(true).default(true),
      do_normalize: z.literal(true).default(true),
      rescale_factor: z
        .number()
        .positive()
        .max(1e3)
        .default(1 / 255),
      size: z.object({ shortest_edge: z.number().positive(), longest_edge: z.number().positive() }).nullish(),
      // The names of the same limits in the files of Qwen2-VL and Qwen2.5-VL.
      min_pixels: z.number().positive().nullish(),
      max_pixels: z.number().positive().nullish(),
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
      /** Fewest and most pixels of a whole clip or of a frame, as the architecture's processor counts. */
      minPixels: raw.min_pixels ?? raw.size?.shortest_edge ?? least,
      maxPixels: raw.max_pixels ?? raw.size?.longest_edge ?? most,
      fps: raw.fps ?? 2,
      minFrames: raw.min_frames,
      maxFrames: raw.max_frames,
    }))

export type ProcessorSettings = z.output<ReturnType<typeof videoSettings>>
