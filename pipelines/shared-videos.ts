import { type Sample, videoNames } from '../core/index.ts'
import { contentIdentity, locate, sizeOf } from '../files/index.ts'

/** The videos of some samples, and where their files are; null where that is not known. */
export interface VideoSet {
  readonly samples: Iterable<Pick<Sample, 'video' | 'file'>>
  readonly folderOf: (sample: Pick<Sample, 'video' | 'file'>) => string | null
}

/** Each existing file of a set, with its size. */
const sizesOf = ({ samples, folderOf }: VideoSet): ReadonlyMap<number, ReadonlySet<string>> => {
  const sizes = new Map<number, Set<string>>()
  const seen = new Set<string>()
  for (const sample of samples) {
    const folder = folderOf(sample)
    const path = folder === null ? null : locate(folder, sample.file)
    if (path === null || seen.has(path)) continue
    seen.add(path)
    const size = sizeOf(path)
    if (size !== null) sizes.set(size, (sizes.get(size) ?? new Set()).add(path))
  }
  return sizes
}

/**
 * The videos of `some` that `others` hold too: those of the same name, whatever their folder and suffix, and those whose
 * files have the same content. Only files of equal size are read.
 */
export const sharedVideos = (some: VideoSet, others: VideoSet): ReadonlyArray<string> => {
  const names = new Set([...others.samples].flatMap(videoNames))
  const shared = new Set<string>()
  for (const sample of some.samples)
    if (videoNames(sample).some((name) => names.has(name))) shared.add(sample.video)
  const theirs = sizesOf(others)
  for (const [size, paths] of sizesOf(some)) {
    const candidates = theirs.get(size)
    if (candidates === undefined) continue
    const contents = new Set([...candidates].map(contentIdentity))
    for (const path of paths) {
      const content = contentIdentity(path)
      if (content !== null && contents.has(content)) shared.add(path)
    }
  }
  return [...shared]
}
