import { z } from 'zod'
import { count, limits } from '../../limits.ts'

/** Kinds of fields that every config.json has. */
export const width = count(limits.width)
export const heads = count(limits.heads)
export const layers = count(limits.layers)
export const side = count(limits.patch)

/** What is added to a mean square before its root is taken. */
export const epsilon = z.number().positive().max(1)

/** transformers lets a patch size be a number or a list of equal numbers. */
export const size = z
  .union([side, z.array(side).min(1)])
  .transform((value) => (typeof value === 'number' ? value : value[0]!))

export const tokenIds = {
  image_token_id: z.number().int().nonnegative().default(151655),
  video_token_id: z.number().int().nonnegative().default(151656),
  vision_start_token_id: z.number().int().nonnegative().default(151652),
  vision_end_token_id: z.number().int().nonnegative().default(151653),
}

/** The ids under the contract's names. */
export const tokensOf = (raw: { readonly [name in keyof typeof tokenIds]: number }) => ({
  image: raw.image_token_id,
  video: raw.video_token_id,
  visionStart: raw.vision_start_token_id,
  visionEnd: raw.vision_end_token_id,
})
