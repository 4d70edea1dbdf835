import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { escaping } from './escape.ts'
import { type Guard, withTimeLimit } from './time-limit.ts'

/** Text to token ids and back, as the checkpoint's tokenizer.json says. Throws `InputError` where that does not end. */
export interface Tokenizer {
  /** Ids of a text; special tokens written in it are recognised, none is added. */
  readonly encode: (text: string) => Array<number>
  /** Ids of what a user or an annotation says: special tokens in it are text like any other. */
  readonly encodeText: (text: string) => Array<number>
  /** Escapes special tokens in a text that becomes part of a prompt, so that `encodePrompt` reads them as text. */
  readonly escape: (text: string) => string
  /** Ids of a prompt, whose special tokens are recognised but for the escaped ones; `text` has them as they were. */
  readonly encodePrompt: (prompt: string) => { readonly text: string; readonly ids: Array<number> }
  readonly decode: (ids: ReadonlyArray<number>, options?: { readonly skipSpecial?: boolean }) => string
  /** Id of a token by its own text, e.g. `<|im_end|>`. */
  readonly idOf: (token: string) => number | undefined
  /** Ids of the special tokens. */
  readonly specialIds: ReadonlyArray<number>
  /** Id of the token that ends a reply, where tokenizer_config.json names one. */
  readonly endId: number | undefined
}

const withoutSpecial = (json: object): object =>
  'added_tokens' in json && Array.isArray(json.added_tokens)
    ? {
        ...json,
        added_tokens: json.added_tokens.filter((token: { special?: boolean }) => token.special !== true),
      }
    : json

/** Makes a tokenizer of the parsed tokenizer.json and tokenizer_config.json. */
export const tokenizer = (
  json: object,
  config: object,
  guard: Guard = { subject: 'tokenizer' },
): Tokenizer => {
  const inner = new HuggingFaceTokenizer(json, config)
  const end = 'eos_token' in config && typeof config.eos_token === 'string' ? config.eos_token : undefined
  const special = [...inner.get_added_tokens_decoder()].filter(([, token]) => token.special)
  const { escape, unescape, isEscaped, split } = escaping(special.map(([, { content }]) => content))
  const idsOf = (by: HuggingFaceTokenizer, text: string): Array<number> =>
    withTimeLimit(guard, () => by.encode(text, { add_special_tokens: false }).ids)
  // Made when first needed: it takes as long and as much memory as the other.
  let literal: HuggingFaceTokenizer | undefined
  const encode = (text: string) => idsOf(inner, text)
  const encodeLiteral = (text: string) => {
    literal ??= new HuggingFaceTokenizer(withoutSpecial(json), config)
    return idsOf(literal, text)
  }
  return {
    encode,
    encodeText: (text) => (split(text).length === 1 ? encode(text) : encodeLiteral(text)),
    escape,
    encodePrompt: (prompt) => {
      if (!isEscaped(prompt)) return { text: prompt, ids: encode(prompt) }
      const ids = split(prompt).flatMap((part, place) => {
        if (place % 2 === 1) return inner.token_to_id(part)!
        return isEscaped(part) ? encodeLiteral(unescape(part)) : encode(part)
      })
      return { text: unescape(prompt), ids }
    },
    decode: (ids, { skipSpecial = false } = {}) =>
      ids.length === 0
        ? ''
        : inner.decode([...ids], { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false }),
    idOf: (token) => inner.token_to_id(token),
    specialIds: special.map(([id]) => id),
    endId: end === undefined ? undefined : inner.token_to_id(end),
  }
}
