/**
 * Refusals that concern one request only, as servers word them (read in November 2026): the prompt is longer than the
 * model's context, or it holds more pictures than the server or the model takes.
 */
const own: ReadonlyArray<{ readonly kind: 'too long' | 'too many pictures'; readonly pattern: RegExp }> = [
  {
    kind: 'too many pictures',
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

/** Statuses with which servers refuse a prompt; 200 with the error inside, and 500 of llama.cpp and Ollama, among them. */
const speaking: ReadonlySet<number> = new Set([200, 400, 422, 500])

/** The kind of a refusal that concerns this request alone; null for any other. */
export const ownRefusal = (status: number, said: string): 'too long' | 'too many pictures' | null => {
  if (status === 413) return 'too long'
  // Rate limits and quotas speak of tokens too, and are about all requests.
  if (!speaking.has(status)) return null
  return own.find(({ pattern }) => pattern.test(said))?.kind ?? null
}

/** What helps where a request is too long or holds too many pictures. */
export const ownRemedy = {
  'too long': 'show fewer or smaller frames (--frames, --max-pixels), or let the server take longer prompts',
  'too many pictures':
    'send the clip as one video (--media video), show fewer frames (--frames), or raise the limit of the server',
} as const
