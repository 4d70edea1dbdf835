import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@effect/vitest'
import { Effect } from 'effect'
import { random } from '../../core/index.ts'
import {
  evaluate,
  parseAnyPredictions,
  parsePredictions,
  readAnyPredictions,
  suites,
} from '../../eval/index.ts'
import { predictionOf, readers, tasks } from '../../tasks/index.ts'
import { fuzzText } from '../tasks/fuzz.ts'
import { sampleOf } from './arbitrary.ts'

const samples = new Map([0, 1].map((i) => [`q${i}`, sampleOf(i)]))
const refusal = (content: string) =>
  Effect.map(Effect.flip(parseAnyPredictions('p.jsonl', content, samples)), ({ message }) => message)

describe('predictions', () => {
  it.effect('are read by line, blank lines passed over', () =>
    Effect.gen(function* () {
      const read = yield* parsePredictions(
        'p.jsonl',
        '{"id":"q0","windows":[[1,2]],"text":"x"}\r\n\n{"id":"q1","windows":null}\n',
        samples,
      )
      expect(read.get('q0')).toEqual({ id: 'q0', windows: [[1, 2]], text: 'x' })
      expect(read.get('q1')).toEqual({ id: 'q1', windows: null })
    }),
  )

  it.effect('may carry confidences, saliency, or only the raw text', () =>
    Effect.gen(function* () {
      const read = yield* parsePredictions(
        'p.jsonl',
        '{"id":"q0","windows":[[1,2,0.5],[3,4,0.1]],"saliency":[1,2]}\n{"id":"q1","text":"<answer>3 to 4</answer>"}',
        samples,
      )
      expect(read.get('q0')).toMatchObject({
        windows: [
          [1, 2],
          [3, 4],
        ],
        confidences: [0.5, 0.1],
        saliency: [1, 2],
      })
      expect(read.get('q1')).toMatchObject({ windows: [[3, 4]] })
    }),
  )

  const refused = [
    ['', 'p.jsonl:1: the file contains no prediction'],
    ['\n \n', 'p.jsonl:1: the file contains no prediction'],
    ['{"id":"q0","window":[1,2]}', 'p.jsonl:1: the row contains none of windows, answer, text, saliency'],
    ['{"id":"q0","Windows":[[1,2]]}', 'p.jsonl:1: the row contains none of windows, answer, text, saliency'],
    ['{"id":"q0","windows":null}\n{"id":"q1","win', 'p.jsonl:2: the line ends in the middle of its JSON'],
    ['{"id":"q0","windows":[[NaN,2]]}', 'p.jsonl:1: it contains NaN or Infinity'],
    ['{"id":"q0","windows":[[-1,2]]}', 'p.jsonl:1: field windows'],
    ['{"id":"q0","windows":[[1]]}', 'p.jsonl:1: field windows'],
    ['{"id":"q0","windows":"1 to 2"}', 'p.jsonl:1: field windows'],
    ['{"id":"q9","windows":null}', 'p.jsonl:1: unknown id "q9"'],
    ['{"id":"q0","windows":null}\n{"id":"q0","windows":null}', 'p.jsonl:2: id "q0" is in the file twice'],
    ['id,windows\nq0,1', 'p.jsonl:1: it is not JSON'],
    ['[1,2]\n', 'p.jsonl:1: the row'],
  ] as const
  it.effect.each(refused)('refuses %j', ([content, message]) =>
    Effect.gen(function* () {
      expect(yield* refusal(content)).toContain(message)
    }),
  )

  it.effect('name a file that is not there', () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(readAnyPredictions('no/such/file.jsonl', samples))
      expect(message).toContain('no/such/file.jsonl: cannot be read (ENOENT)')
    }),
  )

  it.effect('are read behind a byte order mark', () =>
    Effect.gen(function* () {
      const file = join(mkdtempSync(join(tmpdir(), 'spanwise-mark-')), 'p.jsonl')
      writeFileSync(file, '\ufeff{"id":"q0","windows":[[1,2]]}')
      expect((yield* readAnyPredictions(file, samples)).get('q0')).toMatchObject({ windows: [[1, 2]] })
    }),
  )

  it.effect('of QVHighlights keep scores and saliency', () =>
    Effect.gen(function* () {
      const line = '{"qid":"q0","pred_relevant_windows":[[0,2,0.9]],"pred_saliency_scores":[0.5]}'
      const read = yield* parseAnyPredictions('p.jsonl', line, samples)
      expect(read.get('q0')).toEqual({ id: 'q0', windows: [[0, 2]], confidences: [0.9], saliency: [0.5] })
      expect(yield* refusal(`${line}\n${line}`)).toContain('p.jsonl:2: qid q0 is in the file twice')
      expect(yield* refusal('{"qid":7,"pred_relevant_windows":[]}')).toContain('unknown qid 7')
    }),
  )

  it.effect('of NExT-QA and NExT-GQA are maps', () =>
    Effect.gen(function* () {
      const choices = yield* parseAnyPredictions(
        'p.json',
        '{\n "q0": {\n "prediction": 2, "answer": 0}}',
        samples,
      )
      expect(choices.get('q0')).toEqual({ id: 'q0', windows: null, answer: 'C' })
      const windows = yield* parseAnyPredictions('p.json', '{"q0": [1.5, 2]}', samples)
      expect(windows.get('q0')).toEqual({ id: 'q0', windows: [[1.5, 2]] })
      expect(yield* refusal('{\n"q0": {"prediction": 1},\n"q9": {"prediction": 1}}')).toContain('p.jsonl:3')
      expect(yield* refusal('{\n"q0": {"prediction": 1},\n"q1": {"pred')).toContain('p.jsonl:3')
    }),
  )

  it.effect('of grounded QA may begin before the video, as the truth of NExT-GQA does', () =>
    Effect.gen(function* () {
      const grounded = sampleOf(0, {
        task: 'grounded-qa',
        windows: [[-0.2, 4]],
        answer: 'A',
        options: ['x', 'y'],
      })
      const known = new Map([[grounded.id, grounded]])
      const own = yield* parseAnyPredictions(
        'p.jsonl',
        '{"id":"q0","windows":[[-0.2,4]],"answer":"A"}',
        known,
      )
      const native = yield* parseAnyPredictions('p.json', '{"q0": [-0.2, 4]}', known)
      for (const read of [own, native]) expect(read.get('q0')?.windows).toEqual([[-0.2, 4]])
      const { metrics } = evaluate(suites.nextgqa!, [grounded], own, { bootstrap: null }).report
      expect(metrics).toMatchObject({ mIoU: 100, mIoP: 100, 'Acc@GQA': 100 })
    }),
  )

  it('are made of any text by any reader', () => {
    const draw = random(11, 'readers')
    for (let i = 0; i < 2000; i++) {
      const text = fuzzText(draw)
      const sample = sampleOf(0, { task: draw.pick(tasks) })
      for (const reader of readers) {
        const prediction = predictionOf(sample, text, reader)
        if (prediction.text !== text) throw new Error(`${reader} loses ${JSON.stringify(text)}`)
      }
    }
  })

  it('follow the reader of the source', () => {
    const both = '<think>3 to 4</think><answer>none</answer>'
    expect(predictionOf(sampleOf(0), both).windows).toEqual([])
    expect(predictionOf(sampleOf(0), both, 'time-r1').windows).toEqual([[3, 4]])
    const grounded = sampleOf(0, { task: 'grounded-qa', options: ['a', 'b'] })
    expect(predictionOf(grounded, '<answer>B</answer><glue>[(1.0, 2.5)]</glue>')).toMatchObject({
      answer: 'B',
      windows: [[1, 2.5]],
    })
    const digit = '<think>x</think><answer>2</answer>'
    expect(predictionOf(sampleOf(0, { task: 'choice' }), digit, 'sparse-video-r1').answer).toBe('C')
    expect(
      predictionOf(sampleOf(0, { task: 'counting' }), '<answer>5 or 6</answer>', 'actrep-r1').answer,
    ).toBe('6')
  })
})
