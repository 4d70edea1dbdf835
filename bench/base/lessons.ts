/**
 * The lessons of a base's training for train.py: `start` writes the checkpoint to train, untrained or with
 * the weights of another and the tokenizer of today's lessons; `draw` writes every COUNT-th batch
 * from number FIRST on as SPOOL/NUMBER.batch, and waits while its last but one is still there: the reader removes them.
 *
 *   node bench/base/lessons.ts start RECIPE CHECKPOINT [FROM]
 *   node bench/base/lessons.ts draw RECIPE CHECKPOINT SPOOL FIRST COUNT
 *
 * A batch is, for each micro-batch, a line of JSON (`Header`) and then the arrays that it names, little-endian.
 */
import { createWriteStream, existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { NodeServices } from '@effect/platform-node'
import { Effect } from 'effect'
import { readCheckpoint, writeCheckpoint } from '../../engine/checkpoint/index.ts'
import { withTimeLimit } from '../../engine/tokenizer/index.ts'
import { countedTokens, type TrainingGroup } from '../../engine/training/index.ts'
import { frameSize, lessonFrames, lessonGroup } from '../../lab/pretrain/groups.ts'
import { changedLessons, type LessonChanges, lessonsOfStep } from '../../lab/pretrain/lessons/index.ts'
import { startOf } from '../../lab/pretrain/start.ts'

/** What a training is: read by train.py too. */
interface Recipe {
  readonly seed: number
  /** A step of the training takes one for each GPU. */
  readonly batches: number
  /** Scenes a batch; each gives about eight lessons. */
  readonly scenes: number
  readonly microBatchTokens: number
  readonly lessons: LessonChanges
}

interface Row {
  readonly group: TrainingGroup
  /** Frame pairs, [pairs, 2, frameSize, frameSize, 3]. */
  readonly pictures: Uint8Array
  readonly length: number
}

/** One micro-batch: `rows` clips, each with its questions behind it, padded to `length`. */
interface Header {
  /** Answer tokens of the whole batch, over all its micro-batches. */
  readonly total: number
  readonly arrays: ReadonlyArray<readonly [name: string, type: string, shape: ReadonlyArray<number>]>
}

const [mode, recipeFile = '', folder = '', ...more] = process.argv.slice(2)
const recipe = JSON.parse(readFileSync(recipeFile, 'utf8')) as Recipe
const settings = changedLessons(recipe.lessons)

/** Frames as pairs; an odd last one is repeated, as the processor does. */
const paired = (rgb: Uint8Array): Uint8Array => {
  const frame = frameSize * frameSize * 3
  if (rgb.length % (2 * frame) === 0) return rgb
  const pairs = new Uint8Array(rgb.length + frame)
  pairs.set(rgb)
  pairs.set(rgb.subarray(-frame), rgb.length)
  return pairs
}

/** Rows of like length together, so that little is padded. */
const microBatches = (rows: ReadonlyArray<Row>): ReadonlyArray<ReadonlyArray<Row>> => {
  const cut: Array<Array<Row>> = []
  for (const row of rows.toSorted((a, b) => b.length - a.length)) {
    const open = cut.at(-1)
    if (open !== undefined && (open.length + 1) * open[0]!.length <= recipe.microBatchTokens) open.push(row)
    else cut.push([row])
  }
  return cut
}

/** One micro-batch as bytes. */
function* bytesOf(total: number, rows: ReadonlyArray<Row>): Generator<Uint8Array> {
  const length = rows[0]!.length
  const ids = new Int32Array(rows.length * length)
  const positions = new Int32Array(3 * rows.length * length)
  // Which completion a token belongs to, from 1; 0 is the prompt, -1 the padding.
  const parts = new Int32Array(rows.length * length).fill(-1)
  const places: Array<number> = []
  const targets: Array<number> = []
  rows.forEach(({ group: { prompt, completions } }, row) => {
    const start = row * length
    const before = prompt.inputIds.length
    ids.set(prompt.inputIds, start)
    parts.fill(0, start, start + before)
    for (let axis = 0; axis < 3; axis++)
      positions.set(prompt.positions.subarray(axis * before, (axis + 1) * before), axis * ids.length + start)
    const after = prompt.positions[before - 1]! + 1
    let at = start + before
    completions.forEach((completion, index) => {
      const { tokens } = completion
      ids.set(tokens, at)
      parts.fill(index + 1, at, at + tokens.length)
      for (let axis = 0; axis < 3; axis++)
        for (let i = 0; i < tokens.length; i++) positions[axis * ids.length + at + i] = after + i
      for (const token of countedTokens(completion)) {
        places.push(at + token - 1)
        targets.push(tokens[token]!)
      }
      at += tokens.length
    })
  })
  const pictures = rows.reduce((sum, row) => sum + row.pictures.length, 0) / (2 * frameSize * frameSize * 3)
  const header: Header = {
    total,
    arrays: [
      ['ids', 'int32', [rows.length, length]],
      ['positions', 'int32', [3, rows.length, length]],
      ['parts', 'int32', [rows.length, length]],
      ['places', 'int32', [places.length]],
      ['targets', 'int32', [targets.length]],
      ['pictures', 'uint8', [pictures, 2, frameSize, frameSize, 3]],
    ],
  }
  // Padded, so that the arrays behind it are aligned.
  const line = JSON.stringify(header)
  yield Buffer.from(`${line.padEnd(Math.ceil((line.length + 1) / 8) * 8 - 1)}\n`)
  for (const array of [ids, positions, parts, Int32Array.from(places), Int32Array.from(targets)])
    yield new Uint8Array(array.buffer)
  for (const row of rows) yield row.pictures
}

const start = Effect.gen(function* () {
  const [from] = more
  yield* writeCheckpoint(folder, yield* startOf(folder, settings, { from, seed: recipe.seed }))
})

const save = async (file: string, cut: ReadonlyArray<ReadonlyArray<Row>>, total: number) => {
  const part = `${file}.part`
  await pipeline(function* () {
    for (const rows of cut) yield* bytesOf(total, rows)
  }, createWriteStream(part))
  renameSync(part, file)
}

const draw = Effect.gen(function* () {
  const checkpoint = yield* readCheckpoint(folder)
  const [spool = '', first, count] = more
  const every = Number(count)
  const { batches, scenes, seed } = recipe
  const plan = { settings, steps: batches, scenes, seed: [seed, 'first'] }
  const fileOf = (number: number) => join(spool, `${number}.batch`)
  for (let number = Number(first); number < batches; number += every) {
    const rows = withTimeLimit({ subject: folder, seconds: 600 }, () =>
      lessonsOfStep(plan, number).map((lesson): Row => {
        const frames = lessonFrames(lesson)
        const group = lessonGroup(checkpoint, lesson, frames)
        const asked = group.completions.reduce((sum, { tokens }) => sum + tokens.length, 0)
        return { group, pictures: paired(frames.rgb), length: group.prompt.inputIds.length + asked }
      }),
    )
    const total = rows
      .flatMap(({ group }) => group.completions)
      .reduce((sum, completion) => sum + countedTokens(completion).length, 0)
    yield* Effect.promise(async () => {
      while (existsSync(fileOf(number - 2 * every))) await setTimeout(10)
      await save(fileOf(number), microBatches(rows), total)
    })
  }
})

await Effect.runPromise((mode === 'start' ? start : draw).pipe(Effect.provide(NodeServices.layer)))
