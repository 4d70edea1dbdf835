import { Effect } from 'effect'
import { deviation, hash32, mean, random } from '../../core/index.ts'
import { grades } from '../../datasets/shapes/index.ts'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { Engine, engineLayer } from '../../engine/index.ts'
import { appendRowsSync, readRows } from '../../files/index.ts'
import { budgetOf, checkpointProfile, samplingOf } from '../../models/index.ts'
import { fileOf } from '../../pipelines/train/data.ts'
import { composeRewards } from '../../rewards/index.ts'
import { clipPrompts, isConstant, parseTrainingData, scoreText } from '../../trainer/index.ts'
import { Videos } from '../../video/index.ts'
import { poolRow } from './rows.ts'
import { placesOf, type Study } from './study.ts'

/** Samples of each grade, rollouts of each. */
const size = 192
const group = 8
const ratios = [0, 0.3, 0.5, 0.8, 1]

/**
 * What hiding frames does to the groups of the base at equal weights: share of constant groups, spread of the rewards,
 * mean reward, and the prior-only IoU of the masked clip, by grade and hidden share. One line each.
 */
export const mechanism = Effect.fn('mechanism')(function* (study: Study) {
  const { annotations, videos, mechanism: file } = placesOf(study)
  const pool = random('claims', 'mechanism').shuffle(yield* readRows(annotations, poolRow))
  const reader = yield* Videos
  const preprocessing = yield* readPreprocessing(study.checkpoint)
  const { view, dialect } = yield* checkpointProfile(preprocessing)
  const rewards = yield* composeRewards({ iou: 1 })
  const options = { device: 'cpu', threads: study.threads, checkpoint: study.checkpoint } as const
  yield* Effect.gen(function* () {
    const engine = yield* Engine
    for (const mode of ['blank', 'drop'] as const)
      for (const grade of grades) {
        const rows = pool.filter((row) => row.grade === grade).slice(0, size)
        const text = rows.map(({ sample }) => JSON.stringify(sample)).join('\n')
        const { items } = yield* parseTrainingData('mechanism', text)
        const source = clipPrompts({
          preprocessing,
          clip: ({ sample }) => reader.clip(fileOf(videos, sample)!, samplingOf(view), budgetOf(view, view)),
          ...{ dialect, seed: 1, mode, margin: null },
        })
        for (const ratio of mode === 'blank' ? ratios : ratios.slice(1)) {
          const prepared = yield* Effect.forEach(items, (item) => source.prepare(item, ratio))
          const groups = []
          for (let from = 0; from < items.length; from += 32) {
            const part = prepared.slice(from, from + 32)
            const replies = yield* engine.generate(
              part.map(({ prompt }) => prompt),
              {
                ...{ temperature: study.temperature, topP: 1, topK: 0, maxTokens: 64, stop: [], n: group },
                seed: hash32(`mechanism/${mode}/${grade}/${ratio}/${from}`),
              },
            )
            groups.push(
              ...replies.map((list, index) =>
                list.map(
                  ({ text: reply }) => scoreText(rewards, items[from + index]!, part[index]!, reply).reward,
                ),
              ),
            )
          }
          appendRowsSync(file, [
            {
              ...{ mode, grade, ratio, groups: groups.length },
              constant: mean(groups.map((list) => (isConstant(list) ? 1 : 0))),
              zero: mean(groups.map((list) => (list.every((reward) => reward === 0) ? 1 : 0))),
              spread: mean(groups.map(deviation)),
              reward: mean(groups.flat()),
              hidden: mean(prepared.map(({ mask }) => mask.share)),
              prior: mean(prepared.map(({ priorIou }) => priorIou)),
            },
          ])
        }
      }
  }).pipe(Effect.provide(engineLayer(options)))
})
