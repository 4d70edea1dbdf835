import { Data, Effect, Schedule } from 'effect'
import { HttpClient, HttpClientRequest } from 'effect/http'
import { z } from 'zod'
import { InputError } from '../../core/index.ts'
import { lastOf } from './process.ts'

/** The fields of a job that are used; names are the API's (docs.ray.io, "Ray Jobs REST API specification"). */
const jobSchema = z.object({
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  message: z.string().nullish(),
  driver_exit_code: z.int().nullish(),
})
export type RayJob = z.output<typeof jobSchema>

const logsSchema = z.object({ logs: z.string() })

export interface RaySubmission {
  readonly submission_id: string
  readonly entrypoint: string
  readonly runtime_env: { readonly env_vars: { readonly [name: string]: string } }
  readonly metadata: { readonly [name: string]: string }
  readonly entrypoint_num_cpus: number
  readonly entrypoint_num_gpus: number
  /** Bytes. */
  readonly entrypoint_memory: number
  readonly entrypoint_resources: { readonly [name: string]: number }
}

export interface RayJobs {
  /** Submits a job; an existing job of that name counts as this one, because an earlier response may have been lost. */
  readonly submit: (submission: RaySubmission) => Effect.Effect<void, InputError>
  /** The state of a job, or null if the cluster has no job of that name. */
  readonly get: (id: string) => Effect.Effect<RayJob | null, InputError>
  /** The output of a job so far, or null if its machine cannot be reached. */
  readonly logs: (id: string) => Effect.Effect<string | null, InputError>
  readonly stop: (id: string) => Effect.Effect<void, InputError>
}

/** The head did not answer, or failed temporarily: a retry may succeed. */
class Away extends Data.TaggedError('Away')<{ readonly problem: string }> {}

interface Answer {
  readonly status: number
  readonly text: string
}

export interface RayJobsOptions {
  /** URL of the dashboard, e.g. `http://127.0.0.1:8265`. */
  readonly address: string
  /** Bearer token; never shown. */
  readonly token: string | undefined
  /** Milliseconds that the head may be unreachable, and between two attempts. */
  readonly patience: number
  readonly pause: number
}

/** A URL without credentials. */
const withoutPassword = (url: string): string => {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
  } catch {
    return 'the given address'
  }
}

/** Ray's Jobs REST API. A head that does not answer is retried for some time, then an InputError. */
export const rayJobs = Effect.fn('Executors.rayJobs')(function* ({
  address,
  token,
  patience,
  pause,
}: RayJobsOptions) {
  const client = yield* HttpClient.HttpClient
  const subject = `Ray at ${withoutPassword(address)}`
  const remedy = 'start the cluster, or set the URL of its dashboard with --option address=URL'

  const once = Effect.fnUntraced(function* (
    request: HttpClientRequest.HttpClientRequest,
    fine: (answer: Answer) => boolean,
  ): Effect.fn.Return<Answer, Away | InputError> {
    const answer: Answer = yield* client
      .execute(token === undefined ? request : HttpClientRequest.bearerToken(request, token))
      .pipe(
        Effect.flatMap((response) =>
          Effect.map(response.text, (text) => ({ status: response.status, text })),
        ),
        Effect.timeout('30 seconds'),
        Effect.mapError((error) => new Away({ problem: `does not answer (${error.message})` })),
      )
    if (fine(answer)) return answer
    const { status, text } = answer
    if (status === 401 || status === 403)
      return yield* new InputError({
        subject,
        problem: token === undefined ? 'requires a token' : 'refuses the token',
        remedy: "put the cluster's token into the environment variable RAY_AUTH_TOKEN",
      })
    const problem = `answers ${status} (${lastOf(text)})`
    return yield* status >= 500 || status === 429
      ? new Away({ problem })
      : new InputError({ subject, problem, remedy })
  })
  const call = (request: HttpClientRequest.HttpClientRequest, fine: (answer: Answer) => boolean) =>
    once(request, fine).pipe(
      Effect.retry({
        while: (error) => error._tag === 'Away',
        schedule: Schedule.spaced(pause),
        times: Math.ceil(patience / pause),
      }),
      Effect.catchTag('Away', ({ problem }) => Effect.fail(new InputError({ subject, problem, remedy }))),
    )
  const read = <A>(schema: z.ZodType<A>, text: string): Effect.Effect<A, InputError> =>
    Effect.try({
      try: () => schema.parse(JSON.parse(text)),
      catch: () => new InputError({ subject, problem: 'did not answer as a Ray Jobs API', remedy }),
    })
  const jobs = `${address.replace(/\/+$/, '')}/api/jobs/`
  const at = (id: string, action = '') => `${jobs}${encodeURIComponent(id)}${action}`
  const ok = ({ status }: Answer) => status >= 200 && status < 300

  const submit: RayJobs['submit'] = (submission) =>
    Effect.asVoid(
      call(
        HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(jobs), submission),
        (answer) => ok(answer) || answer.text.includes('already exists'),
      ),
    )
  const get: RayJobs['get'] = (id) =>
    call(HttpClientRequest.get(at(id)), (answer) => ok(answer) || answer.status === 404).pipe(
      Effect.flatMap(({ status, text }) => (status === 404 ? Effect.succeed(null) : read(jobSchema, text))),
    )
  // Logs of a dead machine are unavailable, which is no reason to wait: other failures show in `get`.
  const logs: RayJobs['logs'] = (id) =>
    call(HttpClientRequest.get(at(id, '/logs')), () => true).pipe(
      Effect.flatMap((answer) =>
        ok(answer) ? Effect.map(read(logsSchema, answer.text), ({ logs }) => logs) : Effect.succeed(null),
      ),
    )
  const stop: RayJobs['stop'] = (id) =>
    Effect.asVoid(
      call(HttpClientRequest.post(at(id, '/stop')), (answer) => ok(answer) || answer.status === 404),
    )
  return { submit, get, logs, stop }
}) satisfies (options: RayJobsOptions) => Effect.Effect<RayJobs, never, HttpClient.HttpClient>
