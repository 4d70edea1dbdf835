import { Effect } from 'effect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { specialTokens, tokenizer, trainTokenizer } from '../../engine/tokenizer/index.ts'
import { folderOf, golden, goldenNames } from './goldens.ts'

describe.each(goldenNames)('the tokenizer of the checkpoint %s', (name) => {
  test('encodes and decodes as the Python library does', async () => {
    const { tokenizer } = await Effect.runPromise(readPreprocessing(folderOf(name)))
    for (const { text, ids, decoded } of golden(name).texts) {
      expect(tokenizer.encode(text)).toEqual(ids)
      expect(tokenizer.decode(ids)).toBe(decoded)
    }
  })

  test('knows its special tokens', async () => {
    const { tokenizer, model, generation } = await Effect.runPromise(readPreprocessing(folderOf(name)))
    expect(tokenizer.idOf('<|video_pad|>')).toBe(model.tokens.video)
    expect(tokenizer.specialIds).toHaveLength(8)
    expect(generation.eosTokenIds).toContain(tokenizer.endId)
    const ids = tokenizer.encode('a<|im_end|>')
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('a')
    expect(tokenizer.decode([])).toBe('')
  })
})

describe('a trained tokenizer', () => {
  const corpus = ['the red circle moves', 'the red square moves 12 times', "it's the red one", 'rerere']
  const files = trainTokenizer(corpus, 300)
  const trained = tokenizer(files.tokenizer, files.config)

  test('gives back every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const normal = text.normalize('NFC')
        fc.pre(!specialTokens.some((token) => normal.includes(token)) && !/\p{Cs}/u.test(normal))
        expect(trained.decode(trained.encode(text))).toBe(normal)
      }),
    )
  })

  test('learns the frequent words, and ends with the special tokens', () => {
    expect(trained.encode('the red')).toHaveLength(2)
    expect(trained.encode('12')).toHaveLength(2)
    expect(trained.idOf('<|video_pad|>')).toBe(trained.specialIds.at(-1))
    expect(trained.specialIds).toHaveLength(specialTokens.length)
    expect(trained.decode([trained.endId!])).toBe('<|im_end|>')
  })

  test('depends on the corpus only', () => {
    expect(trainTokenizer(corpus, 300)).toEqual(files)
    expect(trainTokenizer(['b a'], 264).tokenizer.model).toMatchObject({ merges: [] })
    expect(() => trainTokenizer(corpus, 200)).toThrow('200 tokens do not hold')
  })

  test('keeps decimals and phrases whole where told to', () => {
    const lines = ['When: "red" from 1.5 to 12.5', 'When: "blue" from 12.5 to 13.5', 'at 1.5, 12.5 or 13.5']
    const made = trainTokenizer(lines, 300, { numbers: 'decimals', phrases: ['When: "', '" from '] })
    const { encode, decode } = tokenizer(made.tokenizer, made.config)
    expect(encode('12.5')).toHaveLength(1)
    expect(encode('When: "12.5" from ')).toHaveLength(3)
    expect(decode(encode('When: "red" from 12.5 to 7'))).toBe('When: "red" from 12.5 to 7')
    expect(tokenizer(made.tokenizer, made.config).specialIds).toHaveLength(specialTokens.length)
    // transformers would cut numbers into digits under the name of Qwen's class.
    expect([made.config.tokenizer_class, files.config.tokenizer_class]).toEqual([
      'PreTrainedTokenizerFast',
      'Qwen2Tokenizer',
    ])
  })
})
