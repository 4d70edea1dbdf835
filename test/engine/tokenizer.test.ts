import path from 'node:path'
import { Effect } from 'effect'
import { describe, expect, test } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { fixtures, golden } from './qwen3vl-goldens.ts'

describe.each(['tied', 'untied'] as const)('the tokenizer of the %s checkpoint', (name) => {
  test('encodes and decodes as the Python library does', async () => {
    const { tokenizer } = await Effect.runPromise(readPreprocessing(path.join(fixtures, name)))
    for (const { text, ids, decoded } of golden(name).texts) {
      expect(tokenizer.encode(text)).toEqual(ids)
      expect(tokenizer.decode(ids)).toBe(decoded)
    }
  })

  test('knows its special tokens', async () => {
    const { tokenizer, config, generation } = await Effect.runPromise(
      readPreprocessing(path.join(fixtures, name)),
    )
    expect(tokenizer.idOf('<|video_pad|>')).toBe(config.videoTokenId)
    expect(tokenizer.specialIds).toHaveLength(8)
    expect(generation.eosTokenIds).toContain(tokenizer.endId)
    const ids = tokenizer.encode('a<|im_end|>')
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('a')
    expect(tokenizer.decode([])).toBe('')
  })
})
