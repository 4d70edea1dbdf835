import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { marginOf } from '../../agents/index.ts'
import type { Window } from '../../core/index.ts'
import { maskRecipe, noMask } from '../../curriculum/index.ts'
import { readRows } from '../../files/index.ts'
import { samplingOf } from '../../models/index.ts'
import { maskSchema, ratioAt } from '../../trainer/index.ts'
import type { Lane, Mask } from '../api/index.ts'
import type { FoundRun } from '../discovery/find.ts'
import { videoFile } from '../sample/video-file.ts'
import type { Question } from '../server/question.ts'
import { absent, refusal } from '../server/refusal.ts'
import type { Studio } from '../studio.ts'
import { numberOf } from '../table/ask.ts'
import { type TrainedItem, trainedItems } from './data.ts'
import { askedTraining, recordOf } from './metrics.ts'

const settingsSchema = z.object({
  options: z.object({ seed: z.int(), steps: z.int().nullable(), mask: maskSchema }),
  view: z.object({
    ...{ fps: z.number(), frames: z.int(), minFrames: z.int(), maxPixels: z.int(), visionTokens: z.int() },
  }),
})

const maskedRow = z.object({ step: z.int(), sample: z.string(), ratio: z.number().optional() })

/** The times of the frames that a training shows of a video, from whichever curation knows where it is. */
const frameTimes = Effect.fnUntraced(function* (
  studio: Studio,
  { sample }: TrainedItem['item'],
  view: z.output<typeof settingsSchema>['view'],
) {
  for (const run of studio.runs().values()) {
    if (run.kind !== 'curation') continue
    const video = yield* videoFile(studio, run, sample)
    if (video.path === null) continue
    const clip = yield* studio.reader.clip(video.path, samplingOf(view), undefined, { kind: 'file' })
    return { times: Array.from(clip.times), duration: clip.info.duration }
  }
  return yield* refusal(404, 'no curation in the list knows where the video is')
})

/** What a training hides of a sample at a step: as recorded, else as its schedule says. */
export const maskAt = Effect.fn('Studio.maskAt')(function* (
  studio: Studio,
  run: FoundRun,
  key: string,
  step: number,
) {
  const parsed = settingsSchema.safeParse(recordOf(run)?.settings)
  if (!parsed.success) return yield* refusal(404, 'this training hides no frames')
  const { options, view } = parsed.data
  const items = yield* trainedItems(run)
  const found = [...items.values()].find((one) => one.key === key || one.item.key === key)
  if (found === undefined) return yield* absent('such sample in the data of this training')
  const { item } = found
  const recorded = (yield* readRows(join(run.path, 'rollouts.jsonl'), maskedRow)).find(
    (row) => row.step === step && row.sample === item.key,
  )
  const ratio = recorded?.ratio ?? ratioAt(options, item, step, options.steps ?? 1)
  const { times, duration } = yield* frameTimes(studio, item, view)
  const margin = options.mask.margin ?? marginOf(duration)
  const { hidden } =
    ratio === 0
      ? noMask(times.length)
      : maskRecipe({
          ...{ seed: options.seed, sampleId: item.key, windows: item.sample.windows ?? [] },
          ...{ duration, frameTimes: times, ratio, margin },
        })
  return {
    ...{ step, ratio, margin },
    frames: times.map((time, index) => ({ time, hidden: hidden[index] === 1 })),
  } satisfies Mask
})

/** `GET /api/runs/:run/mask`. */
export const mask = Effect.fn('Studio.mask')(function* (studio: Studio, question: Question) {
  const run = yield* askedTraining(studio, question)
  const step = yield* numberOf(question.query, 'step', 0, [0, 1e12])
  return yield* maskAt(studio, run, question.query.get('key') ?? '', step)
})

/** Hidden frames as a lane: neighbours make one window, half a gap wider on both sides. */
export const maskLane = ({ step, frames }: Mask, label: string): Lane => {
  const gap = frames.length < 2 ? 1 : (frames.at(-1)!.time - frames[0]!.time) / (frames.length - 1)
  const windows: Array<Window> = []
  for (const [index, { time, hidden }] of frames.entries()) {
    if (!hidden) continue
    const from = Math.max(0, time - gap / 2)
    const last = windows.at(-1)
    if (last !== undefined && frames[index - 1]?.hidden === true)
      windows[windows.length - 1] = [last[0], time + gap / 2]
    else windows.push([from, time + gap / 2])
  }
  return {
    ...{ id: `masked/${label}`, kind: 'masked', label: `hidden by ${label} at step ${step}` },
    intervals: windows.map(([start, end]) => ({ start, end })),
    ticks: frames.filter(({ hidden }) => !hidden).map(({ time }) => time),
    ...{ iou: null, outcome: null },
  }
}
