import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { namedProfile, replyPlan } from '../../models/index.ts'
import { curriculumSettings } from '../../pipelines/train/defaults.ts'
import { stubItems } from '../trainer/stub.ts'

it('settings of GRPO are found for as many samples as Video-R1-260k has', async () => {
  const profile = namedProfile('shapes-base')
  const items = Array.from({ length: 260_000 }, () => stubItems(1)[0]!)
  const { sampling } = await Effect.runPromise(curriculumSettings(profile, items, undefined))
  expect(sampling.maxTokens).toBe(replyPlan(profile, items[0]!.sample.task).maxTokens)
})
