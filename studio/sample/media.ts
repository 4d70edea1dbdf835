import { createReadStream, realpathSync, statSync } from 'node:fs'
import { Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import type { VideoError } from '../../core/index.ts'
import type { Strip } from '../api/index.ts'
import type { Question } from '../server/question.ts'
import { refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { numberOf } from '../table/ask.ts'
import { askedSample } from './detail.ts'
import { videoFile } from './video-file.ts'

/** Videos whose place is kept: a player asks for many ranges of one. */
const remembered = 1000

/** Whether a place that is kept is still the file's own: a link may have taken its name. */
const isOwnPlace = (path: string): boolean => {
  try {
    return realpathSync(path) === path
  } catch {
    return false
  }
}

const askedVideo = Effect.fnUntraced(function* (studio: Studio, question: Question) {
  const id = JSON.stringify([question.params.run, question.params.key])
  const known = studio.videoFiles.get(id)
  if (known !== undefined && isOwnPlace(known.path)) return known
  const { run, sample } = yield* askedSample(studio, question)
  const video = yield* videoFile(studio, run, sample)
  if (video.path === null) return yield* refusal(404, video.problem)
  if (studio.videoFiles.size > remembered) studio.videoFiles.clear()
  studio.videoFiles.set(id, video)
  return video
})

/** The bytes that a `Range` header asks for, both ends included; null for all of them, `unsatisfiable` for none. */
export const rangeOf = (
  header: string | undefined,
  size: number,
): readonly [from: number, to: number] | null | 'unsatisfiable' => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  // Several ranges at once, or another unit: the whole file is a valid answer.
  if (match === null || (match[1] === '' && match[2] === '')) return null
  const [, first = '', last = ''] = match
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return from > to || from >= size ? 'unsatisfiable' : [from, to]
}

/** `GET /api/runs/:run/samples/:key/video`, whole or by range. */
export const video = Effect.fn('Studio.video')(function* (studio: Studio, question: Question) {
  const { path, type } = yield* askedVideo(studio, question)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile() !== true) return yield* refusal(404, 'the video is not in its folder')
  const { size } = stat
  const etag = `"${size.toString(36)}-${Math.floor(stat.mtimeMs).toString(36)}"`
  const common = { etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' }
  const conditional = question.headers['if-range']
  const range =
    conditional === undefined || conditional === etag ? rangeOf(question.headers.range, size) : null
  if (range === 'unsatisfiable')
    return HttpServerResponse.empty({
      status: 416,
      headers: { ...common, 'content-range': `bytes */${size}` },
    })
  const [from, to] = range ?? [0, size - 1]
  // Opened only once the body is sent: the answer to HEAD, or to a player that has left, has none.
  const body = Stream.suspend(() =>
    Stream.fromAsyncIterable(
      createReadStream(path, { start: from, end: Math.max(from, to), highWaterMark: 256 * 1024 }),
      () => new Error('the video cannot be read any further'),
    ),
  )
  return HttpServerResponse.stream(size === 0 ? Stream.empty : body, {
    status: range === null ? 200 : 206,
    contentType: type ?? 'application/octet-stream',
    contentLength: size === 0 ? 0 : to - from + 1,
    headers: range === null ? common : { ...common, 'content-range': `bytes ${from}-${to}/${size}` },
  })
})

/** `GET /api/runs/:run/samples/:key/strip`. */
export const strip = Effect.fn('Studio.strip')(function* (studio: Studio, question: Question) {
  const { path } = yield* askedVideo(studio, question)
  const count = yield* numberOf(question.query, 'count', 12, [1, 200])
  const { duration, fps } = yield* studio.reader.probe(path)
  const times = Array.from({ length: count }, (_, index) => (duration * (index + 0.5)) / count)
  return { times, window: [0, duration], fps } satisfies Strip
})

/** `GET /api/runs/:run/samples/:key/frame`: the frame on screen at a time. */
export const frame = Effect.fn('Studio.frame')(function* (studio: Studio, question: Question) {
  const { path } = yield* askedVideo(studio, question)
  const width = yield* numberOf(question.query, 'width', 320, [16, 1920])
  const time = Number(question.query.get('time') ?? Number.NaN)
  if (!Number.isFinite(time) || time < 0) return yield* refusal(400, 'time: is not a number of seconds')
  const info = yield* studio.reader.probe(path)
  const wide = Math.min(width, info.width)
  const budget = {
    factor: 2,
    minPixels: 4,
    maxPixels: Math.max(4, Math.round(wide * wide * (info.height / info.width))),
  }
  const clip: Effect.Effect<{ readonly encoded?: ReadonlyArray<Uint8Array> }, VideoError> =
    studio.reader.clip(path, { kind: 'times', times: [time] }, budget, { kind: 'jpeg', quality: 80 })
  const jpeg = (yield* clip).encoded?.[0]
  if (jpeg === undefined) return yield* refusal(404, 'the video has no frame at that time')
  return HttpServerResponse.uint8Array(jpeg, {
    contentType: 'image/jpeg',
    headers: { 'cache-control': 'private, max-age=3600' },
  })
})
