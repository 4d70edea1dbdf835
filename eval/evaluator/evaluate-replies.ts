import { Effect } from 'effect'
import type { Sample } from '../../core/index.ts'
import {
  countReply,
  noReplies,
  type Prediction,
  type Predictions,
  predictionFrom,
  type Reader,
  readReply,
  replyOf,
} from '../../tasks/index.ts'
import { type Evaluation, type EvaluationOptions, evaluate } from '../report/report.ts'
import type { Suite } from '../suite.ts'
import type { ReplySource, ReplyTally, SampleReply, UnansweredSample } from './replies.ts'

/** Replies as predictions, and how many could not be read. Samples without a reply have no prediction. */
export const readReplies = (
  samples: ReadonlyArray<Sample>,
  replies: ReadonlyMap<string, SampleReply>,
  reader?: Reader,
): { readonly predictions: Predictions; readonly tally: ReplyTally } => {
  const predictions = new Map<string, Prediction>()
  const unanswered: Array<UnansweredSample> = []
  let share = noReplies
  for (const sample of samples) {
    const said = replies.get(sample.id) ?? { state: 'failed', reason: 'no reply' }
    if (said.state !== 'replied') {
      unanswered.push({ sample: sample.id, file: sample.file, outcome: said.state, reason: said.reason })
      continue
    }
    const reply = replyOf(said.reply)
    const reading = readReply(sample, reply, reader)
    share = countReply(share, reply, reading)
    predictions.set(sample.id, predictionFrom(sample, reading, reply.text))
  }
  return { predictions, tally: { samples: samples.length, share, unanswered } }
}

/**
 * The one evaluator: asks a source about every sample, reads the replies and scores them by a suite. `eval`, validation
 * during training and the exams of pretraining differ only in their source.
 */
export const evaluateReplies = Effect.fn('Evaluator.evaluateReplies')(function* <E, R>(
  suite: Suite,
  samples: ReadonlyArray<Sample>,
  source: ReplySource<E, R>,
  options: EvaluationOptions & {
    /** How replies are read, `lenient` by default. */
    readonly reader?: Reader
    /** What a sample without a reply is: `wrong`, as benchmarks count it (the default), or `left-out`. */
    readonly unanswered?: 'wrong' | 'left-out'
  } = {},
) {
  const { predictions, tally } = readReplies(samples, yield* source(samples), options.reader)
  const scored = options.unanswered === 'left-out' ? samples.filter(({ id }) => predictions.has(id)) : samples
  const evaluation: Evaluation = evaluate(suite, scored, predictions, options)
  return { evaluation, predictions, tally }
})
