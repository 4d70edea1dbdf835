import { Effect } from 'effect'
import {
  initialWeights,
  preprocessing,
  readPreprocessing,
  writeCheckpoint,
} from '../../engine/checkpoint/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { localEngine } from '../../engine/worker/index.ts'

/**
 * Makes a checkpoint of the made-up architecture with the tokenizer of another model, and has the engine read, train,
 * score, continue and save it. Arguments: the other model's folder, and the folder to make. Prints JSON.
 */
const [other = '', folder = ''] = process.argv.slice(2)

const make = Effect.gen(function* () {
  const { model, files } = yield* readPreprocessing(other)
  const config = {
    ...{ model_type: 'made_up', width: 24, words: model.text.vocabSize, patch: 4 },
    ...{ image_token_id: model.tokens.image, video_token_id: model.tokens.video },
    ...{ vision_start_token_id: model.tokens.visionStart, vision_end_token_id: model.tokens.visionEnd },
  }
  const texts = new Map(files)
    .set('config.json', JSON.stringify(config))
    .set('preprocessor_config.json', JSON.stringify({ patch_size: 4, merge_size: 1 }))
  const rest = preprocessing(folder, texts)
  const tensors = initialWeights(rest.model, 'made up')
  const shards = new Map(Array.from(tensors.keys(), (name) => [name, 'model.safetensors']))
  const stored = new Map([['model.visual.projector.weight', 'eye.weight']])
  yield* writeCheckpoint(folder, { ...rest, tensors, shards, stored })
})

const use = Effect.gen(function* () {
  const checkpoint = yield* readPreprocessing(folder)
  const engine = yield* localEngine({ checkpoint: folder, device: 'cpu', threads: 1 })
  const clip = {
    ...{ width: 8, height: 4, times: Float64Array.of(0, 1, 2, 3), fps: 1 },
    rgb: Uint8Array.from({ length: 4 * 8 * 4 * 3 }, (_, i) => (37 * i) % 256),
  }
  const prompt = processMessages(checkpoint, [{ role: 'user', content: [{ type: 'video', clip }] }])
  const tokens = checkpoint.tokenizer.encode('From 1.2 to 10.5')
  const batch = {
    ...{ groups: [{ prompt, completions: [{ tokens }] }], learningRate: 0.01 },
    loss: { kind: 'sft' },
  } as const
  const losses: Array<number> = []
  for (let step = 0; step < 12; step++) losses.push((yield* engine.update(batch)).loss)
  const greedy = { temperature: 1, topP: 1, topK: 0, stop: [], seed: 1, greedy: true, n: 1 }
  const [[reply] = []] = yield* engine.generate([prompt], { ...greedy, maxTokens: 4 })
  const [[again] = []] = yield* engine.score([{ prompt, completions: [reply!.tokens] }])
  const question = [{ prompt, completions: [tokens] }]
  const scored = yield* engine.score(question)
  yield* engine.save(`${folder}-saved`)
  const second = yield* localEngine({ checkpoint: `${folder}-saved`, device: 'cpu', threads: 1 })
  const saved = yield* second.score(question)
  return { grids: prompt.grids, losses, reply: reply!.logProbs, again, scored, saved }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.scoped(Effect.andThen(make, use)))))
