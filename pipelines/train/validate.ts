import { Effect } from 'effect'
import { mean, type Sample } from '../../core/index.ts'
import type { EngineService } from '../../engine/index.ts'
import { groundingScores } from '../../eval/index.ts'
import type { Prediction } from '../../tasks/index.ts'
import { parseWindows } from '../../tasks/index.ts'
import type { PromptSource, TrainingItem } from '../../trainer/index.ts'

/** Prompts that are held in memory at the same time. */
const chunk = 64

const itemOf = (sample: Sample): TrainingItem => ({
  key: `${sample.dataset}/${sample.split}/${sample.id}`,
  sample,
  difficulty: 0.5,
  band: 'medium',
  weight: 1,
})

/**
 * Greedy answers to grounding samples, scored: mIoU of the first window with its best true one, set IoU, R1@0.5 (all in
 * [0, 1]), and the share of readable answers. Samples whose video cannot be read are left out and counted.
 */
export const validate = Effect.fnUntraced(function* (
  engine: EngineService,
  source: PromptSource,
  samples: ReadonlyArray<Sample>,
  maxTokens: number,
) {
  const predictions = new Map<string, Prediction>()
  const seen: Array<Sample> = []
  let unreadable = 0
  for (let from = 0; from < samples.length; from += chunk) {
    const prepared = yield* Effect.forEach(
      samples.slice(from, from + chunk),
      (sample) =>
        source.prepare(itemOf(sample), 0).pipe(
          Effect.map(({ prompt }) => ({ sample, prompt })),
          Effect.catchTag('VideoError', () => Effect.succeed(null)),
        ),
      { concurrency: 4 },
    )
    const ready = prepared.filter((entry) => entry !== null)
    unreadable += prepared.length - ready.length
    if (ready.length === 0) continue
    const completions = yield* engine.generate(
      ready.map(({ prompt }) => prompt),
      { temperature: 1, topP: 1, topK: 0, maxTokens, stop: [], seed: 0, greedy: true, n: 1 },
    )
    ready.forEach(({ sample }, index) => {
      const text = completions[index]![0]!.text
      seen.push(sample)
      predictions.set(sample.id, { id: sample.id, windows: parseWindows(text), text })
    })
  }
  const scores = groundingScores(seen, predictions)
  return {
    samples: seen.length,
    unreadable,
    miou: mean(scores.ious),
    set_iou: mean(scores.setIous),
    r1_05: mean(scores.ious.map((iou) => (iou >= 0.5 ? 1 : 0))),
    parsed: mean(scores.parsed),
  }
})
