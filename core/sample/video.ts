import type { Sample } from './sample.ts'

/** File name extensions of videos, in lower case. */
const videoSuffixes = [
  ...['mp4', 'm4v', 'mov', 'qt', 'mkv', 'webm', 'avi', 'ts', 'mts', 'm2ts', 'mpg', 'mpeg', 'm2v', 'vob'],
  ...['wmv', 'asf', 'flv', 'f4v', 'ogv', '3gp', '3g2', 'gif', 'dv', 'mxf', 'y4m'],
  ...['h264', 'hevc', 'ivf', 'nut', 'wtv', 'm1v', 'm2t', 'trp', 'mpe', 'divx', 'rm', 'rmvb'],
  ...['mjpeg', 'mjpg', 'apng'],
] as const

const suffix = new RegExp(`\\.(?:${videoSuffixes.join('|')})$`, 'i')

/** Whether a name has the extension of a video file: `clip.ts`, but not `v_0.0_150.0`. */
export const hasVideoSuffix = (name: string): boolean => suffix.test(name)

/** File name extensions of images, in lower case. A sample's file is an image where its name has one of them. */
export const imageSuffixes = ['png', 'jpg', 'jpeg', 'webp', 'bmp'] as const

const imageSuffix = new RegExp(`\\.(?:${imageSuffixes.join('|')})$`, 'i')

/** Whether a name has the extension of an image file. */
export const hasImageSuffix = (name: string): boolean => imageSuffix.test(name)

/** Whether a sample is about one image and not a video: it has no time line. */
export const isAboutImage = ({ file }: Pick<Sample, 'file'>): boolean => hasImageSuffix(file)

/** The name without the extension of a video file, if it has one. */
export const withoutVideoSuffix = (name: string): string => name.replace(suffix, '')

/** The name of a video independent of its location: base name, without folder and extension, in composed form (NFC). */
export const videoName = (path: string): string => {
  const plain = path.replaceAll('\\', '/').replace(/\/+$/, '')
  return withoutVideoSuffix(plain.slice(plain.lastIndexOf('/') + 1)).normalize('NFC')
}

/**
 * The names under which a sample's video may be known: two samples share a video where these intersect. Both fields
 * count, because TACoS calls the video of `s17-d69-cam-002.mp4` `s17-d69`. Images are often numbered within their folder
 * (`geometry/12.png`), so an image is known by its whole path only.
 */
export const videoNames = ({ video, file }: Pick<Sample, 'video' | 'file'>): ReadonlyArray<string> =>
  hasImageSuffix(file)
    ? [
        file
          .replaceAll('\\', '/')
          .replace(/^(?:\.\/)+/, '')
          .normalize('NFC'),
      ]
    : [...new Set([videoName(video), videoName(file)])]
