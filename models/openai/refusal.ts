/**
 * Refusals that concern one request only, as worded by servers (checked in November 2026): the prompt is longer than the
 * model's context, or it contains more images than the server or the model accepts.
 */
const own: ReadonlyArray<{ readonly kind: 'too long' | 'too many images'; readonly pattern: RegExp }> = [
  {
    kind: 'too many images',
    // vLLM: "At most 8 image(s) may be provided"; "you passed 64 image items in one prompt". OpenAI: "Too many images in
    // request. Max is 50." Gemini: "Please use fewer than 3600 images".
    pattern:
      /at most \d+ (?:image|video)|limit[-_]mm[-_]per[-_]prompt|too many (?:images|image_url|videos)|(?:max(?:imum)?|fewer than|more than|limit of|up to) \d+ (?:images|pictures|videos)|(?:image|video)s? (?:count|limit) (?:exceed|reach)|exceed\w* the (?:maximum )?(?:number|limit) of (?:image|video)/i,
  },
  {
    kind: 'too long',
    // vLLM: "maximum context length is 32768 tokens", "longer than the maximum model length". SGLang: "longer than the
    // model's context length", "exceeds the maximum allowed length". llama.cpp: "exceeds the available context size".
    // Ollama: "input length exceeds the context length". Gemini: "input token count (…) exceeds the maximum number of
    // tokens allowed". OpenAI: "context_length_exceeded", "Request too large".
    pattern:
      /context[ _-]?(?:length|window|size)|maximum (?:context|model|prompt|input|allowed|number of tokens|sequence)|max_model_len|max_total_tokens|(?:input|prompt|request|payload|message|content)\b[^.]{0,80}\b(?:too (?:long|large|big|many tokens)|exceed)|too (?:long|many tokens|large)|exceeds? (?:the )?(?:limit|maximum|max)\b[^.]{0,40}\b(?:token|length)/i,
  },
]

/** Statuses with which servers refuse a prompt, including 200 with an error inside, and 500 of llama.cpp and Ollama. */
const speaking: ReadonlySet<number> = new Set([200, 400, 422, 500])

/** The kind of a refusal that concerns this request alone; null for any other. */
export const ownRefusal = (status: number, said: string): 'too long' | 'too many images' | null => {
  if (status === 413) return 'too long'
  // Messages about rate limits and quotas mention tokens too, and concern all requests.
  if (!speaking.has(status)) return null
  return own.find(({ pattern }) => pattern.test(said))?.kind ?? null
}

/** Remedies for a request that is too long or contains too many images. */
export const ownRemedy = {
  'too long':
    'show fewer or smaller frames (--frames, --max-pixels), or raise the context length of the server',
  'too many images':
    'send the clip as one video (--media video), show fewer frames (--frames), or raise the limit of the server',
} as const
