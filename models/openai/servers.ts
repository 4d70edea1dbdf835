import { Effect } from 'effect'
import { InputError } from '../../core/index.ts'
import { readError, shortened } from './errors.ts'
import type { Key } from './keys.ts'
import { type ListedModel, readModels } from './reply.ts'
import { type Answer, type Sent, Unanswered } from './transport.ts'

/** Milliseconds for an answer to `GET /models`. */
const patience = 10_000

type Transport = (sent: Sent) => Effect.Effect<Answer | Unanswered>

/** `GET /models` of one server. */
const askModels = (transport: Transport, key: Key, url: string) =>
  transport({ url: `${url}/models`, method: 'GET', headers: key.headers(), body: null, timeout: patience })

/** Statuses of a server, or of its proxy, that is not ready. */
const notReady: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Whether a server answers; including one that cannot list its models (transformers without a cache folder). */
export const isUp = (transport: Transport, key: Key, url: string): Effect.Effect<boolean> =>
  Effect.map(
    askModels(transport, key, url),
    (answer) => !(answer instanceof Unanswered) && !notReady.has(answer.status),
  )

export interface ServersOptions {
  readonly urls: ReadonlyArray<string>
  readonly model: string
  readonly keyEnv: string | null
  /** Whether the servers list every model they have. */
  readonly listsModels: boolean
}

/**
 * Asks every server which models it serves, before any work. Returns the model's revision, 'unstated' if no server reports
 * one, and the `root` it was loaded from. InputError if no server answers, one refuses the key, the model is not listed,
 * or servers report different revisions; a warning for servers that do not answer while others do.
 */
export const lookAtServers = Effect.fnUntraced(function* (
  transport: Transport,
  key: Key,
  { urls, model, keyEnv, listsModels }: ServersOptions,
) {
  const answers = yield* Effect.forEach(
    urls,
    (url) => Effect.map(askModels(transport, key, url), (answer) => ({ url, answer })),
    { concurrency: 'unbounded' },
  )
  const revisions = new Map<string, string>()
  const roots = new Set<string>()
  const silent: Array<string> = []
  for (const { url, answer } of answers) {
    if (answer instanceof Unanswered && answer.remedy !== null)
      return yield* new InputError({ subject: url, problem: answer.reason, remedy: answer.remedy })
    if (answer instanceof Unanswered) {
      silent.push(`${url} (${answer.reason})`)
      continue
    }
    if (answer.status === 401 || answer.status === 403) {
      const said = shortened(key.clean(readError(answer.text)))
      return yield* new InputError({
        subject: url,
        problem: `answered ${answer.status}${said === '' ? '' : ` (${said})`}`,
        remedy:
          keyEnv === null
            ? 'set --key-env to the environment variable with the key'
            : `set a valid key in the environment variable ${keyEnv}`,
      })
    }
    if (answer.status >= 300 && answer.status < 400)
      return yield* new InputError({
        subject: url,
        problem: `redirects to ${answer.location ?? 'an unstated address'}`,
        remedy: 'use that address as --base-url',
      })
    if (notReady.has(answer.status)) silent.push(`${url} (status ${answer.status})`)
    const listed = answer.status === 200 ? readModels(answer.text) : null
    if (listed === null) continue
    const entry = find(listed, model)
    if (entry === undefined && listsModels)
      return yield* new InputError({
        subject: `--model ${model}`,
        problem: `${url} does not serve it`,
        remedy: `it serves ${listed.map(({ id }) => id).join(', ') || 'nothing'}`,
      })
    if (entry?.root !== undefined) roots.add(entry.root)
    if (entry !== undefined && entry.revision !== '') revisions.set(url, entry.revision)
  }
  if (silent.length === urls.length)
    return yield* new InputError({
      subject: '--base-url',
      problem: `no server answers: ${silent.join(', ')}`,
      remedy: 'start one, or correct the URL',
    })
  for (const one of silent) yield* Effect.logWarning(`${one} does not answer; continuing without it`)
  const stated = [...new Set(revisions.values())]
  if (stated.length > 1)
    return yield* new InputError({
      subject: `--model ${model}`,
      problem: `differs between servers: ${[...revisions].map(([url, revision]) => `${revision} at ${url}`).join(', ')}`,
      remedy: 'serve the same model at every --base-url',
    })
  return { revision: stated[0] ?? 'unstated', roots: [...roots] }
})

/** Gemini lists `models/NAME` for NAME. */
const find = (listed: ReadonlyArray<ListedModel>, model: string) =>
  listed.find(({ id }) => id === model || id === `models/${model}`)
