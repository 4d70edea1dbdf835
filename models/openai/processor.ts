import type { ModelProfile } from '../profile/index.ts'
import type { Fields } from './presets.ts'

/**
 * What a server's processor is told, so that it shows the model what our view says: frames come in the size that its own
 * rule gives and are not to be resized again (Qwen's image processor enlarges pictures below 65 536 pixels); of a file
 * it takes the frames itself, within the same limit. The user's own options go over it; null where there is nothing to say.
 */
export const processorOptions = (
  { limits, view }: Pick<ModelProfile, 'limits' | 'view'>,
  file: boolean,
  own: Fields | null,
): Fields | null => {
  if (limits === null) return own
  const { maxPixels, visionTokens, framesPerToken, factor } = view
  const most = limits === 'frame' ? maxPixels : visionTokens * framesPerToken * factor ** 2
  return {
    ...(file ? { size: { shortest_edge: factor ** 2, longest_edge: most } } : { do_resize: false }),
    ...own,
  }
}
