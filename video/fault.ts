/** Why a video could not be read or written; the reasons of `VideoError`, without loading Effect into a worker. */
export type Reason =
  | 'missing'
  | 'empty'
  | 'unreadable'
  | 'no-video-stream'
  | 'truncated'
  | 'damaged'
  | 'no-frames'
  | 'encode'

/** Thrown inside a worker; the service turns it into a `VideoError`. */
export class VideoFault extends Error {
  readonly reason: Reason
  constructor(reason: Reason, problem: string) {
    super(problem)
    this.reason = reason
  }
}

/** Thrown where a job stops because its caller was interrupted. */
export class Cancelled extends Error {}
