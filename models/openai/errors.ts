import { z } from 'zod'
import { parseAnswer } from './sse.ts'

/** What a server says went wrong. */
export interface StatedError {
  readonly said: string
  /** The status that the error itself states; null where it states none. */
  readonly status: number | null
}

const code = z.union([z.number(), z.string()]).nullish()
const described = z.looseObject({
  message: z.string().nullish(),
  code,
  status: code,
  // OpenRouter: what the provider behind it said.
  metadata: z.looseObject({ raw: z.string().nullish() }).nullish(),
})

/** The forms of errors in which servers and proxies answer, whatever the status (read in November 2026). */
const wrapped = z.object({ error: z.union([z.string(), described]) }).transform(({ error }) => error)
const schema = z.union([
  wrapped,
  // Gemini's OpenAI-compatible endpoint puts it into a list.
  z.tuple([wrapped], z.unknown()).transform(([first]) => first),
  // vLLM and SGLang, in earlier versions: {"object": "error", "message": ..., "code": 400}.
  described.extend({ message: z.string() }),
  z
    .object({ detail: z.unknown() })
    .transform(({ detail }) => (typeof detail === 'string' ? detail : JSON.stringify(detail))),
])

/** The error that a parsed answer states; null where it is none. */
export const statedError = (answer: unknown): StatedError | null => {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) return null
  if (typeof parsed.data === 'string') return { said: parsed.data, status: null }
  const { message, metadata, ...error } = parsed.data
  const status = [error.code, error.status].map(Number).find((one) => one >= 400 && one < 600)
  const said = [message ?? (metadata?.raw == null ? JSON.stringify(error) : ''), metadata?.raw ?? '']
  return { said: said.filter((part) => part !== '').join(': '), status: status ?? null }
}

/** At most so many characters of an error are looked at for what kind it is. */
const longest = 4000

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** What a server says in the body of an answer that is an error, in one line; '' where it says nothing. */
export const readError = (text: string): string => {
  const parsed = () => {
    try {
      return statedError(parseAnswer(text))?.said
    } catch {
      return /^\s*</.test(text) ? '' : undefined
    }
  }
  return oneLine(parsed() ?? text).slice(0, longest)
}

/** An error for a message to the user: at most 200 characters. */
export const shortened = (said: string): string => (said.length > 200 ? `${said.slice(0, 199)}…` : said)
