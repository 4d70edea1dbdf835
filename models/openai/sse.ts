import { parseJson } from './json.ts'

interface Delta {
  readonly index?: number | null
  readonly delta?: { readonly [field: string]: unknown } | null
  readonly message?: unknown
  readonly finish_reason?: string | null
  readonly logprobs?: { readonly content?: ReadonlyArray<unknown> | null } | null
}

interface Chunk {
  readonly choices?: ReadonlyArray<Delta> | null
  readonly usage?: unknown
  readonly error?: unknown
}

/** The events of a stream, `[DONE]` left out; null where the text is no stream. */
const eventsOf = (text: string): ReadonlyArray<Chunk> | null => {
  if (!/^\s*(?::[^\n]*\n\s*)*data:/.test(text)) return null
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .filter((line) => line !== '' && line !== '[DONE]')
    .map((line) => parseJson(line) as Chunk)
}

const fields = ['content', 'reasoning_content', 'reasoning'] as const

/**
 * The completion that a stream of server-sent events amounts to: some servers and proxies stream whatever was asked for.
 * A text that is no stream is parsed as it is. Throws SyntaxError for what is neither.
 */
export const parseAnswer = (text: string): unknown => {
  const events = eventsOf(text)
  if (events === null) return parseJson(text)
  const choices = new Map<number, Record<string, unknown>>()
  let usage: unknown
  for (const event of events) {
    if (event.error !== undefined && event.error !== null) return { error: event.error }
    usage = event.usage ?? usage
    for (const { index, delta, finish_reason: finish, logprobs } of event.choices ?? []) {
      const place = index ?? 0
      const choice = choices.get(place) ?? { index: place, message: {}, finish_reason: null }
      const message = choice.message as Record<string, string>
      for (const field of fields) {
        const piece = delta?.[field]
        if (typeof piece === 'string') message[field] = (message[field] ?? '') + piece
      }
      const known = (choice.logprobs as { content: ReadonlyArray<unknown> } | undefined)?.content ?? []
      if (logprobs?.content != null) choice.logprobs = { content: [...known, ...logprobs.content] }
      choice.finish_reason = finish ?? choice.finish_reason
      choices.set(place, choice)
    }
  }
  return { choices: [...choices.values()], usage }
}
