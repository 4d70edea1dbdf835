import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ModelError } from '../../models/index.ts'
import { answer } from '../../pipelines/eval.ts'
import { Videos } from '../../video/index.ts'
import { flashModel, flashSample, writeVideos } from '../folds/flashes.ts'

const folder = mkdtempSync(join(tmpdir(), 'spanwise-answer-'))
beforeAll(() => Effect.runPromise(writeVideos(folder).pipe(Effect.provide(Videos.layer({ workers: 1 })))))
afterAll(() => rmSync(folder, { recursive: true }))

const samples = ['a', 'b', 'c'].map((id) => flashSample(id, 'flash.mp4'))

/** Answers while the model fails in one way at its first question. */
const answersWith = (failure: Pick<ModelError, 'kind'>) => {
  let asked = 0
  const error = new ModelError({ model: 'm', problem: 'no', retryable: false, ...failure })
  return answer(samples, {
    videos: folder,
    inFlight: 1,
  }).pipe(
    Effect.provide(
      Layer.merge(
        Videos.layer({ workers: 1 }),
        flashModel(() => (asked++ === 0 ? Effect.fail(error) : Effect.void)),
      ),
    ),
    Effect.result,
    Effect.runPromise,
  )
}

describe('answering a suite', () => {
  it('goes on past a sample that the model does not take', async () => {
    const result = await answersWith({ kind: 'too long' })
    expect(result._tag === 'Success' && [...result.success.keys()]).toEqual(['b', 'c'])
  })

  it('ends where the model itself fails', async () => {
    const result = await answersWith({ kind: 'server' })
    expect(result).toMatchObject({ _tag: 'Failure', failure: { _tag: 'ModelError', kind: 'server' } })
  })
})
