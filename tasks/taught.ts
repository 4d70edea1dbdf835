import type { Sample } from '../core/index.ts'
import { answerOf, readReply } from './catalogue.ts'
import { splitThoughts, thoughtTag } from './read/thoughts.ts'

/** A written chain of thought as a reply to learn from, or why it cannot be one. */
export type Taught =
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: string }

/**
 * The reply with thoughts that a sample teaches; null where it has none. Written thoughts are `meta.cot`: a whole reply
 * in tags, as `spanwise cot` and ActRep-R1 write it, or the bare thoughts. The answer comes from the annotation, which
 * the thoughts may not contradict.
 */
export const taughtReply = (
  sample: Pick<Sample, 'task' | 'windows' | 'answer' | 'options' | 'meta'>,
): Taught | null => {
  const written = sample.meta?.cot
  const gold = answerOf(sample)
  if (written === undefined || written === null || gold === null) return null
  if (typeof written !== 'string') return { kind: 'problem', problem: 'meta.cot is not text' }
  const tag = thoughtTag(written)
  const { thoughts, answer } = splitThoughts({ text: written })
  const bare = written.includes(`<${tag}>`) ? '' : (written.split('<answer>')[0] ?? '').trim()
  const text = thoughts ?? bare
  if (text === '') return { kind: 'problem', problem: 'meta.cot has no thoughts' }
  if (answer !== null && sample.answer !== undefined) {
    const reading = readReply(sample, written)
    const said = reading.kind === 'answer' ? reading.answer : null
    if (said !== sample.answer)
      return {
        kind: 'problem',
        problem: `meta.cot answers ${JSON.stringify(answer.slice(0, 40))}, the annotation ${sample.answer}`,
      }
  }
  return { kind: 'reply', text: `<${tag}>${text}</${tag}>${gold}` }
}

/**
 * What supervised fine-tuning teaches about a sample: its written thoughts with the answer, if `thoughts` and it has
 * some, else the right reply of its task; null where the annotation lacks that.
 */
export const lessonOf = (sample: Parameters<typeof taughtReply>[0], thoughts: boolean): string | null => {
  const taught = thoughts ? taughtReply(sample) : null
  return taught?.kind === 'reply' ? taught.text : answerOf(sample)
}
