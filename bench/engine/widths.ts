import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Effect } from 'effect'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { processMessages } from '../../engine/processor/index.ts'
import { localEngine } from '../../engine/worker/index.ts'
import { frames } from '../../test/engine/goldens.ts'

/** Compares the log-probabilities of a folder that `widths.py` made with those that transformers computed. */
const [folder = ''] = process.argv.slice(2)
const wanted = JSON.parse(readFileSync(path.join(folder, 'transformers.json'), 'utf8'))

const [ids, got] = await Effect.runPromise(
  Effect.gen(function* () {
    const checkpoint = yield* readPreprocessing(folder)
    const content = [
      { type: 'video' as const, clip: frames(wanted.clip) },
      { type: 'text' as const, text: wanted.question },
    ]
    const prompt = processMessages(checkpoint, [{ role: 'user', content }])
    const engine = yield* localEngine({ checkpoint: folder, device: 'cpu', threads: 2 })
    const [[logProbs] = []] = yield* engine.score([{ prompt, completions: [wanted.tokens] }])
    return [[...prompt.inputIds], logProbs!] as const
  }).pipe(Effect.scoped),
)
const gap = Math.max(...got.map((logProb, i) => Math.abs(logProb - wanted.logProbs[i])))
console.log(
  `${wanted.parameters} parameters, ${ids.length} prompt tokens (${ids.join() === wanted.ids.join() ? 'equal' : 'NOT equal'}), largest gap of ${got.length} log-probabilities ${gap}`,
)
