import { readFileSync } from 'node:fs'
import { Effect } from 'effect'
import { Session, tensor } from '../../engine/session.ts'
import { Graph, gradients, reduceSum, tokenStatistics } from '../../graph/index.ts'
import { emit } from '../../graph/onnx/index.ts'

/** Prints how many MB the peak of this process rose by while it computed statistics and gradients of true sizes. */
const [rows, vocabulary, size] = [1024, 151_936, 8]
const graph = new Graph('peak')
const hidden = graph.input('hidden', 'float32', ['n', size])
const head = graph.input('head', 'float32', [vocabulary, size])
const { logProbs, entropy } = tokenStatistics(hidden, head, graph.input('tokens', 'int64', ['n']), 8192)
graph.output('entropy', entropy)
gradients(reduceSum(logProbs), [hidden, head]).forEach((gradient, index) => {
  graph.output(`gradient ${index}`, gradient)
})
// Not maxRSS, which begins at the size of the process that started this one.
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* Session.make(emit(graph), { device: 'cpu', threads: 1 })
      const feeds = {
        hidden: tensor('float32', new Float32Array(rows * size).fill(0.1), [rows, size]),
        head: tensor('float32', new Float32Array(vocabulary * size).fill(0.1), [vocabulary, size]),
        tokens: tensor('int64', new BigInt64Array(rows)),
      }
      const before = peak()
      yield* session.run(feeds)
      console.log(peak() - before)
    }),
  ),
)
