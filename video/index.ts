export type { CacheSettings } from './cache/tally.ts'
export {
  frameOf,
  frameSize,
  maskClip,
  permuteFrames,
  selectFrames,
  takeFrames,
} from './clip.ts'
export type {
  Clip,
  EncodeSettings,
  FrameSampling,
  Media,
  Picture,
  PictureFormat,
  PixelBudget,
  VideoInfo,
} from './model.ts'
export { encodePicture } from './picture.ts'
export { resize } from './resize.ts'
export { type RateSampling, segmentClip, segmentSampling } from './segment.ts'
export { clipSize, imageSize, smartResize, smartResizeVideo } from './size.ts'
export { framesIn } from './timeline.ts'
export { type ClipRequest, Videos } from './videos.ts'
