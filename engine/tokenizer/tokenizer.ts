import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'

/** Text to token ids and back, as the checkpoint's tokenizer.json says. */
export interface Tokenizer {
  /** Ids of a text; special tokens written in it are recognised, none is added. */
  readonly encode: (text: string) => Array<number>
  readonly decode: (ids: ReadonlyArray<number>, options?: { readonly skipSpecial?: boolean }) => string
  /** Id of a token by its own text, e.g. `<|im_end|>`. */
  readonly idOf: (token: string) => number | undefined
  /** Ids of the special tokens. */
  readonly specialIds: ReadonlyArray<number>
  /** Id of the token that ends a reply, where tokenizer_config.json names one. */
  readonly endId: number | undefined
}

/** Makes a tokenizer of the parsed tokenizer.json and tokenizer_config.json. */
export const tokenizer = (json: object, config: object): Tokenizer => {
  const inner = new HuggingFaceTokenizer(json, config)
  const end = 'eos_token' in config && typeof config.eos_token === 'string' ? config.eos_token : undefined
  const specialIds = [...inner.get_added_tokens_decoder()].flatMap(([id, token]) =>
    token.special ? [id] : [],
  )
  return {
    encode: (text) => inner.encode(text, { add_special_tokens: false }).ids,
    decode: (ids, { skipSpecial = false } = {}) =>
      ids.length === 0
        ? ''
        : inner.decode([...ids], { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false }),
    idOf: (token) => inner.token_to_id(token),
    specialIds,
    endId: end === undefined ? undefined : inner.token_to_id(end),
  }
}
