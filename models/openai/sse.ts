import { parseLenient } from './json.ts'

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
  readonly message?: unknown
}

/** The events of a stream, `[DONE]` left out; null if the text is not a stream. */
const eventsOf = (text: string): ReadonlyArray<Chunk> | null => {
  if (!/^\s*(?:(?::|event:|id:|retry:)[^\n]*\n\s*)*data:/.test(text)) return null
  return text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .filter((line) => line !== '' && line !== '[DONE]')
    .map((line) => parseLenient(line) as Chunk)
}

const fields = ['content', 'reasoning_content', 'reasoning'] as const

/**
 * The completion contained in a stream of server-sent events: some servers and proxies always stream. A text that is not
 * a stream is parsed as JSON. Throws SyntaxError otherwise.
 */
export const parseAnswer = (text: string): unknown => {
  const events = eventsOf(text)
  if (events === null) return parseLenient(text)
  const choices = new Map<number, Record<string, unknown>>()
  let usage: unknown
  for (const event of events) {
    if (event.error != null || (event.choices == null && event.message != null)) return event
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
  // A stream that ends before it says so was cut.
  if (!/^data:\s*\[DONE\]/m.test(text))
    for (const choice of choices.values()) choice.finish_reason ??= 'aborted'
  return { choices: [...choices.values()], usage }
}
