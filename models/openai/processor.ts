import type { ModelProfile } from '../profile/index.ts'
import type { Fields } from './presets.ts'

/**
 * Options for a server's processor, so that the model sees the profile's view: frames have the size of the processor's own
 * rule and must not be resized again (Qwen's image processor enlarges images below 65 536 pixels); from a file the server
 * samples frames within the same limit. The user's options take precedence; null if there are none.
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
