import { z } from 'zod'
import type { ChatReply } from '../model.ts'
import { statedError } from './errors.ts'
import { parseAnswer } from './sse.ts'

/** What says nothing about the answer itself: a server may leave it out, or write it in a form of its own. */
const optional = <A extends z.ZodType>(form: A) => form.nullish().catch(null)

const number = optional(z.number())
const text = optional(z.string())
const place = z.object({ token: text, logprob: number })
const placeWithOthers = place.extend({ top_logprobs: optional(z.array(place)) })

/** A message's text: a string, or a list of parts, text or reasoning. */
const content = z
  .union([
    z.string(),
    z.array(
      z.looseObject({
        type: z.string().nullish(),
        text: z.string().nullish(),
        thinking: z.unknown().optional(),
      }),
    ),
  ])
  .nullish()

const schema = z.object({
  choices: z
    .array(
      z.object({
        index: optional(z.coerce.number<unknown>().int().min(0)),
        message: z.object({
          content,
          // vLLM and SGLang write `reasoning_content`, newer vLLM and OpenRouter `reasoning`.
          reasoning_content: text,
          reasoning: text,
        }),
        finish_reason: z
          .string()
          .nullish()
          .transform((reason) => reason?.toLowerCase() ?? ''),
        logprobs: optional(z.object({ content: optional(z.array(placeWithOthers)) })),
      }),
    )
    .min(1),
  usage: optional(
    z.object({
      prompt_tokens: number,
      completion_tokens: number,
      prompt_tokens_details: optional(z.object({ cached_tokens: number })),
    }),
  ),
})
type Choice = z.output<typeof schema>['choices'][number]

/** A token of a reply, with the likeliest alternatives if requested. */
export interface Place {
  readonly token: string
  readonly logprob: number
  readonly others: ReadonlyArray<{ readonly token: string; readonly logprob: number }>
}

export interface Completion {
  readonly replies: ReadonlyArray<ChatReply>
  /** Tokens of the first reply; empty without log-probabilities. */
  readonly places: ReadonlyArray<Place>
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
}

/** Why an answer of status 200 is unusable. */
export class BadReply {
  readonly kind: 'bad answer' | 'filtered' | 'error'
  readonly problem: string
  /** The status that an error inside the answer states. */
  readonly status: number | null
  constructor(kind: BadReply['kind'], problem: string, status: number | null = null) {
    this.kind = kind
    this.problem = problem
    this.status = status
  }
}

const isThought = (part: { readonly type?: string | null | undefined }): boolean =>
  part.type === 'thinking' || part.type === 'reasoning'

/** Text and reasoning of a message, in any of the fields that servers use. */
const spoken = ({ content, reasoning_content, reasoning }: Choice['message']) => {
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
  const join = (some: typeof parts) => some.map(({ text }) => text ?? '').join('')
  const thoughts = reasoning_content || reasoning || join(parts.filter(isThought))
  return {
    text: join(parts.filter((part) => !isThought(part))),
    ...(thoughts ? { reasoning: thoughts } : {}),
  }
}

type Listed = NonNullable<NonNullable<Choice['logprobs']>['content']>

/** Log-probabilities of the reply's tokens; none if one is missing. */
const logProbsOf = (listed: Listed | null | undefined): Pick<ChatReply, 'logProbs'> => {
  const values = listed?.map(({ logprob }) => logprob)
  return values === undefined || values.some((value) => value == null)
    ? {}
    : { logProbs: values as ReadonlyArray<number> }
}

const known = ({ token, logprob }: z.output<typeof place>): Omit<Place, 'others'> | null =>
  token == null || logprob == null ? null : { token, logprob }

/** Positions up to the first whose token or log-probability is missing. */
const placesOf = (listed: Listed | null | undefined): ReadonlyArray<Place> => {
  const places: Array<Place> = []
  for (const one of listed ?? []) {
    const token = known(one)
    if (token === null) break
    places.push({ ...token, others: (one.top_logprobs ?? []).flatMap((other) => known(other) ?? []) })
  }
  return places
}

/** Finish reasons of the server's side, after which the reply must be requested again. */
const broken: ReadonlySet<string> = new Set(['abort', 'aborted', 'error', 'cancelled'])
/** How it ended for what it says, and at its length; OpenAI's words and those of Gemini and Anthropic behind proxies. */
const filtered: ReadonlySet<string> = new Set([
  ...['content_filter', 'safety', 'prohibited_content', 'blocklist', 'recitation', 'refusal'],
])
const cut: ReadonlySet<string> = new Set(['length', 'max_tokens'])

/** Reads the body of an answer of which at most `n` replies are expected; servers may give fewer. */
export const readReply = (text: string, n: number): Completion | BadReply => {
  let raw: unknown
  try {
    raw = parseAnswer(text)
  } catch {
    return new BadReply('bad answer', `did not answer with JSON (${text.length} characters)`)
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success) {
    const error = statedError(raw)
    if (error !== null) return new BadReply('error', error.said || 'no reason given', error.status)
    const issue = parsed.error.issues[0]!
    return new BadReply(
      'bad answer',
      `did not answer with a chat completion (${issue.path.join('.')}: ${issue.message})`,
    )
  }
  const { usage } = parsed.data
  const choices = parsed.data.choices
    .map((choice, at) => ({ ...choice, at: choice.index ?? at }))
    .sort((a, b) => a.at - b.at)
    .slice(0, n)
  if (choices.some(({ finish_reason }) => filtered.has(finish_reason)))
    return new BadReply('filtered', 'withheld the reply (its content filter)')
  const ended = choices.find(({ finish_reason }) => broken.has(finish_reason))
  if (ended !== undefined) return new BadReply('bad answer', `interrupted the reply (${ended.finish_reason})`)
  return {
    replies: choices.map(({ message, finish_reason, logprobs }) => ({
      ...spoken(message),
      finish: cut.has(finish_reason) ? ('length' as const) : ('stop' as const),
      ...logProbsOf(logprobs?.content),
    })),
    places: placesOf(choices[0]?.logprobs?.content),
    promptTokens: usage?.prompt_tokens ?? 0,
    completionTokens: usage?.completion_tokens ?? 0,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
  }
}

const modelsSchema = z.object({
  data: z.array(
    z.looseObject({ id: z.string(), revision: z.string().nullish(), root: z.string().nullish() }),
  ),
})

export interface ListedModel {
  readonly id: string
  /** The version that the server reports: a revision, or the resolved name; '' if none. */
  readonly revision: string
  /** The resolved model name that it reports, e.g. a name on the hub. */
  readonly root?: string
}

/** The models that `GET /models` lists; null if the body is not such a list. */
export const readModels = (text: string): ReadonlyArray<ListedModel> | null => {
  try {
    const parsed = modelsSchema.safeParse(JSON.parse(text))
    return parsed.success
      ? parsed.data.data.map(({ id, revision, root }) => ({
          id,
          revision: revision ?? root ?? '',
          ...(root == null ? {} : { root }),
        }))
      : null
  } catch {
    return null
  }
}
