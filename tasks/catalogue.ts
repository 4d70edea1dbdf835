import { z } from 'zod'
import { hasImageSuffix, type Sample, type Task } from '../core/index.ts'
import type { Guide } from '../models/index.ts'
import { choice } from './choice.ts'
import { counting } from './counting.ts'
import { type Style, shapesStyle } from './dialect.ts'
import { groundedQa } from './grounded-qa.ts'
import { grounding } from './grounding.ts'
import { open } from './open.ts'
import type { Reader } from './readers.ts'
import { type Reading, type RecordedReply, replyOf } from './reply.ts'
import type { Annotated, Asked, TaskSpec } from './spec.ts'

/** Every task. A new task is one file and one line here. */
const specs: ReadonlyArray<TaskSpec> = [grounding, groundedQa, choice, counting, open]

/** Names of all tasks. */
export const tasks: ReadonlyArray<Task> = specs.map(({ name }) => name)

/** One of them. */
export const taskSchema = z.enum(tasks)

export const taskSpecs: ReadonlyMap<string, TaskSpec> = new Map(specs.map((spec) => [spec.name, spec]))

/** The spec of a task that a sample names. */
export const specOf = ({ task }: Pick<Sample, 'task'>): TaskSpec => {
  const spec = taskSpecs.get(task)
  if (spec === undefined) throw new Error(`no such task: ${task}`)
  return spec
}

/** The question of a sample, by its task; where the sample's file is known to be an image, about an image. */
export const questionOf = (
  sample: Pick<Sample, 'task'> & Asked & Partial<Pick<Sample, 'file'>>,
  style: Style = shapesStyle,
): string =>
  specOf(sample).question(sample, hasImageSuffix(sample.file ?? '') ? { ...style, image: true } : style)

/** The right reply to `questionOf(sample)`, or null where the annotation lacks it. */
export const answerOf = (sample: Pick<Sample, 'task'> & Annotated): string | null =>
  specOf(sample).answer(sample)

/** The form of the replies to `questionOf(sample)`. */
export const formOf = (sample: Pick<Sample, 'task'> & Asked, style: Style = shapesStyle): Guide =>
  specOf(sample).form(sample, style)

/** What a reply says to the question of a sample. */
export const readReply = (
  sample: Pick<Sample, 'task' | 'options'>,
  reply: RecordedReply,
  reader: Reader = 'lenient',
): Reading => specOf(sample).read(replyOf(reply), sample, reader)
