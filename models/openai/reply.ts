import { z } from 'zod'
import type { ChatReply } from '../model.ts'

const place = z.object({ token: z.string(), logprob: z.number() })
const placeWithOthers = place.extend({ top_logprobs: z.array(place).nullish() })

const schema = z.object({
  choices: z
    .array(
      z.object({
        index: z.int().default(0),
        message: z.object({
          content: z.string().nullish(),
          // vLLM and SGLang write `reasoning_content`, newer vLLM and OpenRouter `reasoning`.
          reasoning_content: z.string().nullish(),
          reasoning: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
        logprobs: z.object({ content: z.array(placeWithOthers).nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: z.number().default(0),
      completion_tokens: z.number().nullish(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
    })
    .nullish(),
})

/** A token of a reply, with the likeliest at its place where they were asked for. */
export interface Place {
  readonly token: string
  readonly logprob: number
  readonly others: ReadonlyArray<{ readonly token: string; readonly logprob: number }>
}

export interface Completion {
  readonly replies: ReadonlyArray<ChatReply>
  /** Tokens of the first reply; empty where the server gave no log-probabilities. */
  readonly places: ReadonlyArray<Place>
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
}

/** Why an answer of status 200 is of no use. */
export class BadReply {
  readonly kind: 'bad answer' | 'filtered'
  readonly problem: string
  constructor(kind: BadReply['kind'], problem: string) {
    this.kind = kind
    this.problem = problem
  }
}

const thoughtsOf = (message: {
  readonly reasoning_content?: string | null | undefined
  readonly reasoning?: string | null | undefined
}): Pick<ChatReply, 'reasoning'> => {
  const reasoning = message.reasoning_content || message.reasoning
  return reasoning ? { reasoning } : {}
}

/** Reads the body of an answer of which `n` replies are expected. */
export const readReply = (text: string, n: number): Completion | BadReply => {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return new BadReply('bad answer', `answered no JSON (${text.length} characters)`)
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return new BadReply(
      'bad answer',
      `answered no chat completion (${issue.path.join('.')}: ${issue.message})`,
    )
  }
  const { usage } = parsed.data
  const choices = parsed.data.choices.toSorted((a, b) => a.index - b.index)
  if (choices.length !== n)
    return new BadReply('bad answer', `gave ${choices.length} replies instead of ${n}`)
  if (choices.some(({ finish_reason }) => finish_reason === 'content_filter'))
    return new BadReply('filtered', 'withheld the reply (its content filter)')
  return {
    replies: choices.map(({ message, finish_reason, logprobs }) => ({
      text: message.content ?? '',
      ...thoughtsOf(message),
      finish: finish_reason === 'length' ? ('length' as const) : ('stop' as const),
      ...(logprobs?.content == null ? {} : { logProbs: logprobs.content.map(({ logprob }) => logprob) }),
    })),
    places: (choices[0]?.logprobs?.content ?? []).map(({ token, logprob, top_logprobs }) => ({
      token,
      logprob,
      others: top_logprobs ?? [],
    })),
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
  /** What the server says of the version it serves: a revision, or what the name stands for; '' where nothing. */
  readonly revision: string
  /** What it says that the name stands for, e.g. a name on the hub. */
  readonly root?: string
}

/** The models that `GET /models` lists; null where the body is no such list. */
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

const errorSchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ detail: z.unknown() }).transform(({ detail }) => JSON.stringify(detail)),
])

/** What a server says in an answer that is an error, in one line of at most 200 characters; '' where it says nothing. */
export const readError = (text: string): string => {
  let said = text
  try {
    const parsed = errorSchema.safeParse(JSON.parse(text))
    if (parsed.success) said = parsed.data
  } catch {
    if (/^\s*</.test(text)) said = ''
  }
  const line = said.replaceAll(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
