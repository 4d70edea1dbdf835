import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from '@effect/vitest'
import { Effect, Fiber, Stream } from 'effect'
import { afterAll, afterEach, describe, expect, vi } from 'vitest'
import type { FoldTask } from '../../../folds/executors/executor.ts'
import { endOf, makeRay, runName } from '../../../folds/executors/ray.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-ray-'))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

interface Job {
  readonly submission: { readonly [field: string]: unknown }
  polls: number
  stopped: boolean
}

/** A head that answers as Ray 2.60 was seen to; `script` says what a job is at its n-th look. */
const head = (
  script: (id: string, polls: number) => object,
  fault: (request: IncomingMessage, number: number) => number | null = () => null,
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const jobs = new Map<string, Job>()
      let requests = 0
      const server = createServer(async (request, response) => {
        let text = ''
        for await (const piece of request) text += piece
        const reply = (status: number, body: unknown) =>
          response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
        const refused = fault(request, requests++)
        if (refused !== null) return reply(refused, 'made to fail')
        if (request.headers['sec-fetch-mode'] !== undefined)
          return reply(405, 'not allowed for browser traffic')
        const [id = '', action] = request.url!.replace('/api/jobs/', '').split('/')
        const job = jobs.get(id)
        if (request.method === 'POST' && id === '') {
          const submission = JSON.parse(text)
          if (jobs.has(submission.submission_id))
            return reply(500, 'Traceback\nValueError: it already exists.')
          jobs.set(submission.submission_id, { submission, polls: 0, stopped: false })
          return reply(200, { submission_id: submission.submission_id })
        }
        if (job === undefined) return reply(404, `Job ${id} does not exist`)
        if (action === 'stop') {
          job.stopped = true
          return reply(200, { stopped: true })
        }
        if (action === 'logs') return reply(200, { logs: `line\n`.repeat(job.polls) })
        return reply(200, script(id, job.polls++))
      })
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()))
      return { jobs, server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
  )

const executor = (address: string, options: object = {}) =>
  makeRay({
    ...{ run: '/runs/my run', cwd: '/work here', workers: 2, poll: 5 },
    resources: { cpus: 2, gpus: 1, memory: 1e9 },
    options: { address, patience: 0.05, ...options },
  })

const task = (fold: number): FoldTask => ({
  ...{ fold, name: `bra-0000${fold}`, log: join(root, `${fold}.log`) },
  command: ['node', 'spanwise.js', 'bra', '--query', 'a b'],
})
const done = { status: 'SUCCEEDED', driver_exit_code: 0, message: 'Job finished successfully.' }
const name = (fold: number, attempt: number) => `${runName('/runs/my run')}-bra-0000${fold}-${attempt}`

describe('ray executor', () => {
  it.live('shows no password of its address', () =>
    Effect.gen(function* () {
      const ray = yield* makeRay({
        ...{ run: join(root, 'run'), cwd: '/', poll: 1, resources: { cpus: 1, gpus: 0, memory: 1 } },
        options: { address: 'http://user:secret@127.0.0.1:1', patience: 0 },
      })
      const task: FoldTask = { fold: 0, name: 'bra-00000', command: ['x'], log: join(root, 'x.log') }
      const error = yield* ray.submit([task], 1).pipe(Stream.runDrain, Effect.flip)
      expect(error.message).toContain('Ray at http://127.0.0.1:1: ')
      expect(error.message).not.toContain('secret')
    }).pipe(Effect.scoped),
  )

  it.live('asks for the resources of each fold and follows its job', () =>
    Effect.gen(function* () {
      vi.stubEnv('SOME_KEY', 'secret')
      const ray = yield* head((_, polls) => (polls < 2 ? { status: 'RUNNING' } : done))
      const { submit } = yield* executor(ray.address, { env: 'SOME_KEY', resources: { a100: 1 } })
      const ends = yield* submit([task(0), task(1), task(2)], 1).pipe(Stream.runCollect)
      expect(ends.map(({ code }) => code)).toEqual([0, 0, 0])
      expect([...ray.jobs.keys()].toSorted()).toEqual([name(0, 1), name(1, 1), name(2, 1)])
      expect(name(0, 1)).toMatch(/^my-run-[0-9a-f]{8}-bra-00000-1$/)
      expect(ray.jobs.get(name(0, 1))!.submission).toMatchObject({
        entrypoint: `cd '/work here' && exec node spanwise.js bra --query 'a b'`,
        runtime_env: { env_vars: { SOME_KEY: 'secret' } },
        ...{ entrypoint_num_cpus: 2, entrypoint_num_gpus: 1, entrypoint_memory: 1e9 },
        entrypoint_resources: { a100: 1 },
      })
      expect(readFileSync(task(0).log, 'utf8')).toBe('line\nline\nline\n')
    }).pipe(Effect.scoped),
  )

  it.live('takes up a job that still runs, and the next free name after one that has ended', () =>
    Effect.gen(function* () {
      const ray = yield* head((id, polls) =>
        id.endsWith('00000-1') && polls < 3 ? { status: 'RUNNING' } : done,
      )
      const job = (): Job => ({ submission: {}, polls: 0, stopped: false })
      ray.jobs.set(name(0, 1), job()).set(name(1, 1), job())
      const { submit } = yield* executor(ray.address)
      yield* submit([task(0), task(1)], 2).pipe(Stream.runDrain)
      expect([...ray.jobs.keys()]).toEqual([name(0, 1), name(1, 1), name(1, 2)])
    }).pipe(Effect.scoped),
  )

  it('tells a dead node from an exit code, and a stopped job from both', () => {
    expect(endOf({ status: 'PENDING' })).toBeNull()
    expect(endOf({ status: 'FAILED', driver_exit_code: 3 })).toMatchObject({ end: 'exited', code: 3 })
    const died = {
      status: 'FAILED',
      message: 'The actor died.\nits node was terminated',
      driver_exit_code: null,
    }
    expect(endOf(died as Parameters<typeof endOf>[0])).toEqual({
      ...{ end: 'lost', code: null, detail: 'its node was terminated' },
    })
    expect(endOf({ status: 'FAILED', driver_exit_code: -9 })).toMatchObject({ end: 'lost', code: null })
    expect(endOf({ status: 'STOPPED' })).toMatchObject({ end: 'cancelled' })
    expect(endOf(null)).toMatchObject({ end: 'lost' })
  })

  it.live('asks a head again that is away for a moment', () =>
    Effect.gen(function* () {
      const ray = yield* head(
        () => done,
        (_, number) => (number % 2 === 0 ? 503 : null),
      )
      const { submit } = yield* executor(ray.address)
      expect(yield* submit([task(0)], 1).pipe(Stream.runCollect)).toMatchObject([{ code: 0 }])
    }).pipe(Effect.scoped),
  )

  it.live('gives up on one that stays away, and at once on one that refuses the token', () =>
    Effect.gen(function* () {
      const away = yield* executor('http://127.0.0.1:9')
      const gone = yield* Effect.flip(away.submit([task(0)], 1).pipe(Stream.runDrain))
      expect(gone.message).toMatch(/^Ray at http:\/\/127.0.0.1:9: does not answer \(.*\); start the cluster/)
      vi.stubEnv('RAY_AUTH_TOKEN', 'hush')
      let asked = 0
      const ray = yield* head(
        () => done,
        ({ headers }) => {
          asked++
          return headers.authorization === 'Bearer right' ? null : 401
        },
      )
      const { submit } = yield* executor(ray.address)
      const refused = yield* Effect.flip(submit([task(0)], 1).pipe(Stream.runDrain))
      expect(refused.message).toBe(
        `Ray at ${ray.address}: refuses the token; put the cluster's token into the environment variable RAY_AUTH_TOKEN`,
      )
      expect(asked).toBe(1)
    }).pipe(Effect.scoped),
  )

  it.live('stops its jobs when interrupted', () =>
    Effect.gen(function* () {
      const ray = yield* head(() => ({ status: 'RUNNING' }))
      const { submit } = yield* executor(ray.address)
      const running = yield* submit([task(0), task(1)], 1).pipe(Stream.runDrain, Effect.forkChild)
      while ([...ray.jobs.values()].filter(({ polls }) => polls > 1).length < 2) yield* Effect.sleep(5)
      yield* Fiber.interrupt(running)
      expect([...ray.jobs.values()].map(({ stopped }) => stopped)).toEqual([true, true])
    }).pipe(Effect.scoped),
  )

  it.effect('refuses options that it does not know and variables that are not set', () =>
    Effect.gen(function* () {
      const messages = yield* Effect.forEach(
        [{ adress: 'x' }, { address: 'x' }, { env: 'NOT_SET_HERE' }],
        (options) =>
          Effect.map(
            Effect.flip(
              makeRay({ run: '/r', cwd: '/', resources: { cpus: 1, gpus: 0, memory: 1 }, options }),
            ),
            ({ message }) => message,
          ),
      )
      expect(messages).toEqual([
        'ray option "adress": no such option; see "spanwise folds run --help"',
        'ray option "address": Invalid URL; see "spanwise folds run --help"',
        'ray option env: NOT_SET_HERE is not set; export it, or omit it',
      ])
    }).pipe(Effect.scoped),
  )
})
