/** What a video file holds, measured from its packets, not its header; or an image file, as one frame that lasts 1 s. */
export interface VideoInfo {
  readonly path: string
  /** Set for an image: it has no time line. */
  readonly still?: true
  /** Seconds from the start of the video (see `originOf` in video/source.ts) to the end of the last frame. */
  readonly duration: number
  /** Average frames per second. */
  readonly fps: number
  /** Pixels after rotation. */
  readonly width: number
  /** Pixels after rotation. */
  readonly height: number
  /** Clockwise turn that makes the stored picture upright: 0, 90, 180 or 270 degrees. */
  readonly rotation: number
  /** Set where the stored picture is mirrored left to right, before that turn. */
  readonly mirrored?: boolean
  /** Number of frames that are shown. */
  readonly frames: number
  /** Whether the gaps between frames differ by more than a fifth of the mean gap. */
  readonly variableFrameRate: boolean
  /** FFmpeg's name of the codec, e.g. `h264`. */
  readonly codec: string
}

/**
 * Which frames to take.
 * `times`: the frame on screen at each time (seconds; before the first or after the last frame, that frame).
 * `rate`: the frames on screen at 0, 1/fps, 2/fps, ...; outside `[min, max]` frames it becomes `count`.
 * `frames`: these frames by number, from 0; one beyond the last is the last.
 * `count`: evenly spaced from the first to the last frame, as Qwen's processors do; never more than there are.
 */
export type FrameSampling =
  | { readonly kind: 'times'; readonly times: ReadonlyArray<number> }
  | { readonly kind: 'rate'; readonly fps: number; readonly max?: number; readonly min?: number }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'frames'; readonly numbers: ReadonlyArray<number> }

/** Sides of the frames become multiples of `factor` (patch size times merge size). */
export interface PixelBudget {
  /** Most pixels of one frame. */
  readonly maxPixels: number
  /** Most pixels of all frames together; without it only `maxPixels` holds. */
  readonly clipPixels?: number
  readonly factor: number
  /** Default: `factor * factor`. */
  readonly minPixels?: number
  /** Fewest and most pixels of an image; by default those of one frame. */
  readonly image?: { readonly minPixels: number; readonly maxPixels: number }
}

/**
 * What a reader wants of a clip's frames, so that no more is made than is used.
 * `pixels`: RGB. `jpeg`: a JPEG of each frame and no RGB; `quality` 1-100. `file`: neither, only which frames of the
 * file are meant: nothing is decoded.
 */
export type Media =
  | { readonly kind: 'pixels' }
  | { readonly kind: 'jpeg'; readonly quality: number }
  | { readonly kind: 'file' }

/** Timestamped frames of a file. */
export interface Clip {
  readonly width: number
  readonly height: number
  /** True time of each frame in seconds, `[N]`. */
  readonly times: Float64Array
  /** `[N, height, width, 3]`, 0-255; empty for media `jpeg` and `file`. */
  readonly rgb: Uint8Array
  /** JPEG of each frame, `[N]`, for media `jpeg`. Masked frames keep theirs: whoever shows the clip blanks them. */
  readonly encoded?: ReadonlyArray<Uint8Array>
  /** Set where frames were masked or left out: the clip no longer is its file as sampled. */
  readonly partial?: boolean
  /** `[N]`, 1 where the frame was masked to black. */
  readonly blank: Uint8Array
  /** Frames per second of the sampling (not of the source). */
  readonly fps: number
  /** Number of each frame in the source, in order of presentation, `[N]`. */
  readonly indices: Int32Array
  readonly info: VideoInfo
}

/** What `encode` needs to know of the frames. */
export interface EncodeSettings {
  /** Even number of pixels. */
  readonly width: number
  /** Even number of pixels. */
  readonly height: number
  /** Frames per second; with `times`, only the length of the last frame (1 / fps) follows from it. */
  readonly fps: number
  /** Start of each frame in seconds, rising, for a variable frame rate. */
  readonly times?: ReadonlyArray<number>
  /** Clockwise turn that players must apply: 0 (default), 90, 180 or 270. */
  readonly rotation?: number
  /** x264's constant rate factor, 0-51, lower is better; default 23. */
  readonly crf?: number
  /** x264's preset, default `ultrafast`. */
  readonly preset?: 'ultrafast' | 'superfast' | 'veryfast' | 'faster' | 'fast' | 'medium'
  /** Seconds between keyframes, default 4. */
  readonly keyframeInterval?: number
  /**
   * Every n-th frame is a reference frame and those between are not, so that a reader which wants only every n-th
   * (or fewer) decodes nothing else; default 4, 1 turns it off (and so do `times`).
   */
  readonly referenceEvery?: number
}

/** RGB picture, `[height, width, 3]`. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** `quality` is that of JPEG, 1-100, default 85. */
export interface PictureFormat {
  readonly format: 'png' | 'jpeg'
  readonly quality?: number
}
