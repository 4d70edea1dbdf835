import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { random } from '../../core/index.ts'
import { tensor } from '../../engine/session.ts'
import * as G from '../../graph/index.ts'
import { holds } from '../engine/differences.ts'
import { numbers, withSession } from '../engine/run.ts'

const tokensOf = (graph: G.Graph, rows: number, vocabulary: number) =>
  graph.constant(
    BigInt64Array.from({ length: rows }, (_, row) => BigInt((row * 7 + 3) % vocabulary)),
    [rows],
  )

describe('statistics of tokens in blocks of the vocabulary', () => {
  it('have the gradients that differences give', () =>
    holds(
      fc.constantFrom(2, 3, 5, 11, 20).map((width) => ({
        shapes: [
          [3, 4],
          [11, 4],
        ],
        build: ([hidden, head]: readonly G.Value[], graph: G.Graph) =>
          G.tokenStatistics(hidden!, head!, tokensOf(graph, 3, 11), width).logProbs,
      })),
      8,
    ))

  it.each([
    ['blocks that divide the vocabulary', 40, 8],
    ['a rest', 43, 8],
    ['one block', 43, 64],
  ])('equal those of all scores at once: %s', async (_name, vocabulary, width) => {
    const [rows, size] = [6, 5]
    const source = random('vocabulary', vocabulary)
    const graph = new G.Graph('both')
    const hidden = graph.input('hidden', 'float32', ['n', size])
    const head = graph.input('head', 'float32', [vocabulary, size])
    const tokens = graph.input('tokens', 'int64', ['n'])
    const weights = graph.input('weights', 'float32', ['n'])
    const inBlocks = G.tokenStatistics(hidden, head, tokens, width)
    const scores = G.linear(hidden, head)
    const shares = G.softmax(scores, -1)
    const whole = {
      logProbs: G.pick(G.logSoftmax(scores), tokens),
      entropy: G.neg(G.reduceSum(G.mul(shares, G.logSoftmax(scores)), [-1])),
    }
    for (const [name, { logProbs, entropy }] of Object.entries({ blocks: inBlocks, whole })) {
      graph.output(`${name} log`, logProbs)
      graph.output(`${name} entropy`, entropy)
      const loss = G.reduceSum(G.mul(G.exp(logProbs), weights))
      G.gradients(loss, [hidden, head]).forEach((gradient, index) => {
        graph.output(`${name} gradient ${index}`, gradient)
      })
    }
    await withSession(graph, async (run) => {
      const floats = (count: number) => Float32Array.from({ length: count }, () => source.normal())
      const results = await run({
        hidden: tensor('float32', floats(rows * size), [rows, size]),
        head: tensor('float32', floats(vocabulary * size), [vocabulary, size]),
        tokens: tensor(
          'int64',
          BigInt64Array.from({ length: rows }, (_, i) => BigInt(i * 7)),
        ),
        weights: tensor('float32', floats(rows)),
      })
      for (const what of ['log', 'entropy', 'gradient 0', 'gradient 1']) {
        const expected = numbers(results[`whole ${what}`]!)
        const largest = Math.max(...expected.map(Math.abs), 1)
        numbers(results[`blocks ${what}`]!).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!) / largest, what).toBeLessThan(2e-6)
        })
      }
    })
  })

  it.skipIf(process.platform !== 'linux')(
    'take the memory of a few blocks: 1024 x 151 936 scores would be 622 MB, several times over',
    () => {
      const script = join(import.meta.dirname, 'vocabulary-peak.ts')
      const risen = Number(execFileSync(process.execPath, [script], { encoding: 'utf8' }))
      expect(risen).toBeGreaterThan(32)
      expect(risen).toBeLessThan(400)
    },
  )

  it('never hold the scores of more than a block', () => {
    const graph = new G.Graph('shapes')
    const hidden = graph.input('hidden', 'float32', ['n', 16])
    const head = graph.input('head', 'float32', [1000, 16])
    const { logProbs, entropy } = G.tokenStatistics(hidden, head, graph.input('tokens', 'int64', ['n']), 128)
    const outputs = [logProbs, entropy, ...G.gradients(G.reduceSum(logProbs), [hidden, head])]
    const seen = new Set<G.Value>(outputs)
    for (const { origin } of seen)
      if (origin.kind === 'node') for (const input of origin.node.inputs) if (input) seen.add(input)
    const widths = [...seen].filter(({ shape }) => shape.includes('n')).map(({ shape }) => shape.at(-1))
    expect(Math.max(...widths.filter((width) => typeof width === 'number'))).toBe(128)
  })
})
