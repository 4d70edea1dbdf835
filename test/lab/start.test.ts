import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../core/index.ts'
import { readCheckpoint } from '../../engine/checkpoint/index.ts'
import { untrained } from '../../lab/pretrain/base.ts'
import { grafted } from '../../lab/pretrain/graft.ts'
import { lessonDefaults } from '../../lab/pretrain/lessons/index.ts'
import { sharpened } from '../../lab/pretrain/sharpen.ts'
import { checkpointProfile } from '../../models/index.ts'
import { folderOf, spanwiseHere } from '../cli/command-line.ts'

const embedding = 'model.language_model.embed_tokens.weight'
const norm = 'model.language_model.norm.weight'

describe('the start of a pretraining', () => {
  const fresh = untrained('fresh', lessonDefaults, 1)

  it('has the profile of the shapes base', async () => {
    expect((await Effect.runPromise(checkpointProfile(fresh))).family).toBe('shapes-base')
  })

  it('keeps what an earlier run learnt, each embedding with its token, whatever its number', async () => {
    const shipped = await Effect.runPromise(readCheckpoint('checkpoints/shapes-base'))
    const both = await Effect.runPromise(grafted(shipped, fresh))
    expect(both.tensors.get(norm)).toBe(shipped.tensors.get(norm))
    const width = 192
    const row = ({ tensors, tokenizer }: typeof both, text: string) => {
      const ids = tokenizer.encode(text)
      expect(ids.length, text).toBe(1)
      return [...tensors.get(embedding)!.data.subarray(ids[0]! * width, (ids[0]! + 1) * width)]
    }
    for (const text of [' circle', '<|im_end|>', '1.5', '<answer>none</answer>'])
      if (shipped.tokenizer.encode(text).length === 1) expect(row(both, text)).toEqual(row(shipped, text))
    expect(both.tokenizer.encode('<think>rep').length).toBe(1)
  })

  it('refuses a model of other sizes', () => {
    const tensors = new Map(fresh.tensors)
    tensors.set(norm, { ...tensors.get(norm)!, shape: [7] })
    const refusal = () => Effect.runSync(Effect.flip(grafted({ ...fresh, tensors }, fresh)))
    expect(refusal()).toBeInstanceOf(InputError)
    tensors.delete(norm)
    expect(refusal().message).toMatch(/no weights/)
  })

  it('is sharpened by the weight of the last norm alone', () => {
    const sharp = sharpened(fresh, 2)
    expect([...new Set(sharp.tensors.get(norm)!.data)]).toEqual([2])
    expect(sharp.tensors.get(embedding)).toBe(fresh.tensors.get(embedding))
    expect([...new Set(fresh.tensors.get(norm)!.data)]).toEqual([1])
  })
})

it('replaces no folder of other files by a checkpoint', async () => {
  const folder = folderOf({ 'notes.txt': 'of years' })
  const { code, err } = await spanwiseHere(folder, 'pretrain', 'shapes', '--out', '.', '--steps', '1')
  expect(code).toBe(2)
  expect(err).toContain('contains files that are not of a checkpoint')
})
