import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { fitItems } from '../../pipelines/train/seek.ts'
import { grpoSchema, seekSchema, sftSchema } from '../../trainer/index.ts'
import { stubItems } from '../trainer/stub.ts'

const grpo = { learningRate: 1, sampling: { maxTokens: 8 }, seek: seekSchema.parse({}) }

it.each([
  ['inject', grpoSchema.parse({ ...grpo, inject: 'failed' })],
  ['temporal', grpoSchema.parse({ ...grpo, temporal: true })],
  ['lengthBonus', grpoSchema.parse({ ...grpo, lengthBonus: [320, 512] })],
  ['mask', grpoSchema.parse({ ...grpo, mask: { kind: 'linear' } })],
  ['refusals', sftSchema.parse({ learningRate: 1, seek: grpo.seek, refusals: 0.2 })],
] as const)('frame seeking refuses the setting %s, which it would ignore', async (name, settings) => {
  const error = await Effect.runPromise(Effect.flip(fitItems(stubItems(3), settings, undefined)))
  expect(error.message).toContain(`setting "${name}"`)
})
