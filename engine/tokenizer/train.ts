import { byteToCharacter } from './bytes.ts'

/** Special tokens of Qwen's vision-language tokenizers, in their order. */
export const specialTokens = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|vision_pad|>',
  '<|image_pad|>',
  '<|video_pad|>',
] as const

/**
 * How numbers are cut: `digits` takes each digit alone, as Qwen's tokenizers do; `decimals` keeps `12.5` together, so
 * that a small vocabulary can hold every time of a short clip as one token.
 */
export type NumberSplit = 'digits' | 'decimals'

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

/** How Qwen's tokenizers cut text before merging: contractions, words, numbers, punctuation, white space. */
const splitPattern = (numbers: NumberSplit): string =>
  `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers === 'digits' ? '\\p{N}' : '\\p{N}+(?:\\.\\p{N}+)?'}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

/** The same for JavaScript, which knows no case-insensitive groups. */
const splitExpression = (numbers: NumberSplit): RegExp =>
  new RegExp(splitPattern(numbers).replace(contraction, "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])"), 'gu')

export interface TokenizerOptions {
  /** Default `digits`. */
  readonly numbers?: NumberSplit
  /** Texts that are one token wherever they occur, such as the fixed parts of prompts. */
  readonly phrases?: ReadonlyArray<string>
}

/** The two files of a tokenizer, as parsed JSON. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>
  readonly config: Readonly<Record<string, unknown>>
}

interface Word {
  symbols: Array<string>
  readonly count: number
}

/** Cuts a corpus into words of byte characters, each with how often it occurs, in order of first occurrence. */
const wordsOf = (
  corpus: Iterable<string>,
  { numbers = 'digits', phrases = [] }: TokenizerOptions,
): Array<Word> => {
  const expression = splitExpression(numbers)
  const counts = new Map<string, number>()
  for (const line of corpus) {
    const between = phrases.reduce((parts, phrase) => parts.flatMap((part) => part.split(phrase)), [line])
    for (const [word] of between.flatMap((part) => [...part.normalize('NFC').matchAll(expression)])) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const encoder = new TextEncoder()
  return Array.from(counts, ([word, count]) => ({
    symbols: Array.from(encoder.encode(word), (byte) => byteToCharacter[byte]!),
    count,
  }))
}

const separator = ' '

/** The most frequent neighbouring pair; among equals the first in code-unit order, so that a corpus fixes the result. */
const bestPair = (counts: ReadonlyMap<string, number>): string | undefined => {
  let best: string | undefined
  let most = 1
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair
      most = count
    }
  }
  return best
}

const mergeWord = (symbols: ReadonlyArray<string>, left: string, right: string): Array<string> => {
  const merged: Array<string> = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right)
      i++
    } else merged.push(symbols[i]!)
  }
  return merged
}

/** Byte-pair merges, most frequent first, at most `limit`; stops when no pair occurs twice. */
const learnMerges = (words: Array<Word>, limit: number): Array<[string, string]> => {
  const counts = new Map<string, number>()
  const places = new Map<string, Set<Word>>()
  const tally = (word: Word, sign: 1 | -1) => {
    for (let i = 0; i + 1 < word.symbols.length; i++) {
      const pair = `${word.symbols[i]}${separator}${word.symbols[i + 1]}`
      const count = (counts.get(pair) ?? 0) + sign * word.count
      if (count > 0) counts.set(pair, count)
      else counts.delete(pair)
      if (sign > 0) {
        const set = places.get(pair)
        if (set === undefined) places.set(pair, new Set([word]))
        else set.add(word)
      }
    }
  }
  for (const word of words) tally(word, 1)
  const merges: Array<[string, string]> = []
  while (merges.length < limit) {
    const pair = bestPair(counts)
    if (pair === undefined) break
    const [left, right] = pair.split(separator) as [string, string]
    merges.push([left, right])
    for (const word of places.get(pair) ?? []) {
      tally(word, -1)
      word.symbols = mergeWord(word.symbols, left, right)
      tally(word, 1)
    }
    places.delete(pair)
  }
  return merges
}

const added = (content: string, id: number, special: boolean) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
})

/**
 * Trains a byte-level BPE tokenizer of the Qwen kind on a corpus. `vocabSize` counts the 256 bytes, the merges, the
 * special tokens and the phrases, which come last; a small corpus may give fewer. The files load in transformers and in this engine.
 * The same corpus always gives the same files.
 */
export const trainTokenizer = (
  corpus: Iterable<string>,
  vocabSize: number,
  options: TokenizerOptions = {},
): TokenizerFiles => {
  const { numbers = 'digits', phrases = [] } = options
  const room = vocabSize - byteToCharacter.length - specialTokens.length - phrases.length
  if (room < 0)
    throw new RangeError(
      `trainTokenizer: ${vocabSize} tokens do not hold the bytes, special tokens and phrases`,
    )
  const merges = learnMerges(wordsOf(corpus, options), room)
  const tokens = [...byteToCharacter].sort()
  const known = new Set(tokens)
  for (const [left, right] of merges) {
    // Two ways may lead to one token.
    if (!known.has(left + right)) tokens.push(left + right)
    known.add(left + right)
  }
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [...specialTokens, ...phrases].map((token, index) =>
        added(token, tokens.length + index, index < specialTokens.length),
      ),
      normalizer: { type: 'NFC' },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: splitPattern(numbers) }, behavior: 'Isolated', invert: false },
          bytes,
        ],
      },
      post_processor: bytes,
      decoder: bytes,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges,
      },
    },
    config: {
      // transformers 5 gives Qwen2Tokenizer its own split, whatever tokenizer.json says; the plain class reads the file.
      tokenizer_class: numbers === 'digits' ? 'Qwen2Tokenizer' : 'PreTrainedTokenizerFast',
      add_prefix_space: false,
      add_bos_token: false,
      bos_token: null,
      clean_up_tokenization_spaces: false,
      eos_token: '<|im_end|>',
      errors: 'replace',
      model_max_length: 32768,
      pad_token: '<|endoftext|>',
      split_special_tokens: false,
      unk_token: null,
    },
  }
}
