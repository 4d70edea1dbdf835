import { reflectQuestion, requestText, seekQuestion, verifyQuestion } from '../../agents/index.ts'
import { oneDecimal } from '../../core/index.ts'
import { type Checkpoint, createCheckpoint } from '../../engine/checkpoint/index.ts'
import { pairTimes } from '../../engine/processor/index.ts'
import { trainTokenizer } from '../../engine/tokenizer/index.ts'
import {
  choiceQuestion,
  countingQuestion,
  formatWindows,
  groundedQuestion,
  groundingQuestion,
  reasonedCount,
  shapesStyle,
  windowsAnswer,
} from '../../tasks/index.ts'
import { type LessonSettings, lessonsOf, sharesOf } from './lessons/index.ts'

/** The tokenizer's training texts: those of the lessons, and the times before frame pairs. */
const corpus = (settings: LessonSettings): ReadonlyArray<string> => {
  const everything = { ...settings, shares: sharesOf(() => [1]) }
  return Array.from({ length: 400 }, (_, index) => lessonsOf(everything, 1, 'tokenizer', index))
    .flat()
    .flatMap(({ turns, times }) => [
      ...turns.flatMap(({ question, answer }) => [question, answer]),
      ...pairTimes(times, 2).map((time) => `<${oneDecimal(time)} seconds>`),
    ])
}

/**
 * The fixed parts of the prompts and answers. Each is one token, which identifies the kind of question and
 * keeps the boilerplate, more than half of a question's text, short in training and rollouts. What is shorter than five
 * characters occurs in other places too.
 */
const phrases: ReadonlyArray<string> = (() => {
  const gap = '\0'
  const turn = { shown: [1, 2], history: [[3, 4], [5]], total: 6, rounds: 5, frames: 5 }
  const seek = { question: gap, options: [] }
  /** What varies in a text whose words are all fixed: its numbers. */
  const gapped = (text: string) => text.replaceAll(/\d+(?:\.\d+)?(?:: )?/g, gap)
  const texts = [
    groundingQuestion(gap),
    reflectQuestion(gap, [[0, 1]]).replace(formatWindows([[0, 1]]), gap),
    verifyQuestion(gap),
    countingQuestion(gap),
    countingQuestion(gap, { ...shapesStyle, think: true }),
    choiceQuestion(gap, []),
    groundedQuestion(gap, []),
    windowsAnswer([[0, 1]]).replace(formatWindows([[0, 1]]), gap),
    ...[1, 5].map((round) => gapped(seekQuestion(seek, { ...turn, round }))),
    gapped(requestText([1], [2])),
    gapped(
      reasonedCount([
        [0, 1],
        [1, 2],
      ]),
    ),
    ' seconds>',
  ]
  return [...new Set(texts.flatMap((text) => text.split(gap)))].filter((text) => text.length > 4)
})()

/** Vocabulary size, including the bytes and the special tokens. */
const vocabulary = 768

/**
 * The untrained shapes model: Qwen3-VL's layout at about three million parameters, small enough to be trained, sampled
 * and shipped from a laptop. 64 x 64 pixel frames give four visual tokens a frame pair.
 */
export const untrained = (folder: string, settings: LessonSettings, seed: number): Checkpoint => {
  const made = createCheckpoint(folder, {
    vision: { depth: 3, hiddenSize: 128, intermediateSize: 384, heads: 4, side: 4, deepstack: [1] },
    text: {
      layers: 4,
      hiddenSize: 192,
      intermediateSize: 512,
      heads: 4,
      kvHeads: 2,
      headDim: 48,
      ropeTheta: 10000,
      mropeSection: [8, 8, 8],
      maxPositions: 4096,
    },
    tieEmbeddings: true,
    tokenizer: trainTokenizer(corpus(settings), vocabulary, { numbers: 'decimals', phrases }),
    // Of a whole clip: 2 to 64 frames of 64 x 64 pixels.
    clipPixels: [8192, 262144],
    // The background is dark; mapped to zero, it does not dominate what all patches share.
    pixels: { mean: 0.2, deviation: 0.25 },
    fps: settings.fps,
    seed,
  })
  // How the model is asked and what it can see: its profile's name.
  return { ...made, files: new Map([...made.files, ['spanwise.json', '{ "family": "shapes-base" }\n']]) }
}
