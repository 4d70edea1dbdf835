import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { errorAnswer, promptsAnswer, rewardsAnswer, serveTraining } from '../../../trainer/service/index.ts'
import { numberedClip, places, scene, service } from './scene.ts'

const read = async <A>(schema: z.ZodType<A>, answer: Promise<Response>): Promise<A> =>
  schema.parse(await (await answer).json())

const documented = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
})
const bodyOf = z.object({
  requestBody: z.object({
    content: z.object({
      'application/json': z.object({
        schema: z.object({ required: z.array(z.string()), additionalProperties: z.boolean() }),
      }),
    }),
  }),
})

/** A request to a service that is served until the body ends. */
const served = (
  body: (
    url: string,
    call: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>,
  ) => Promise<void>,
  token?: string,
  shared: string | null = null,
) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene(), {}, undefined, shared)
        const url = yield* serveTraining(made, { version: '9', ...(token === undefined ? {} : { token }) })
        yield* Effect.promise(() =>
          body(url, (path, content, headers = {}) =>
            fetch(`${url}${path}`, {
              headers,
              ...(content === undefined
                ? {}
                : { method: 'POST', body: typeof content === 'string' ? content : JSON.stringify(content) }),
            }),
          ),
        )
      }),
    ),
  )

const prompts = { run: 'test', step: 0, ids: places }

it('serves settings, prompts, frames as RGB and JPEG, rewards and events', () =>
  served(async (_url, call) => {
    const settings = await (await call('/v1/run')).json()
    expect(settings).toMatchObject({
      run: 'test',
      kind: 'curriculum',
      steps: 6,
      prompts: 3,
      group: 2,
      samples: 9,
    })
    const { items } = await read(promptsAnswer, call('/v1/prompts', prompts))
    expect(items.map(({ id }) => id)).toEqual(places)
    const { video, sample } = items[0]!
    const place = video.frames.findIndex(({ hash }) => hash !== null)
    const { hash } = video.frames[place]!
    const frame = await call(`/v1/frames/${hash}`)
    expect(frame.headers.get('cache-control')).toContain('immutable')
    const bytes = new Uint8Array(await frame.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash)
    const clip = numberedClip(Number(sample.split('/v')[1]))
    expect(bytes).toEqual(clip.rgb.slice(place * bytes.length, (place + 1) * bytes.length))
    const jpeg = await call(`/v1/frames/${hash}?format=jpeg`)
    expect(jpeg.headers.get('content-type')).toBe('image/jpeg')
    expect([...new Uint8Array(await jpeg.arrayBuffer()).subarray(0, 2)]).toEqual([0xff, 0xd8])
    const { items: rewards } = await read(
      rewardsAnswer,
      call('/v1/rewards', {
        run: 'test',
        step: 0,
        items: [{ id: 'draw/0', generation: 0, text: '<answer>1.0 to 2.0</answer>', finish: 'stop' }],
      }),
    )
    expect(rewards[0]).toMatchObject({ id: 'draw/0', generation: 0, scores: { iou: 1 } })
    expect(await (await call('/v1/events', { run: 'test', step: 0, kind: 'heartbeat' })).json()).toEqual({
      stop: false,
    })
  }))

it('serves an OpenAPI document that names every path and the fields of each body', () =>
  served(async (_url, call) => {
    const document = await read(documented, call('/openapi.json'))
    expect(document.info.version).toBe('9')
    expect(Object.keys(document.paths)).toEqual([
      '/v1/run',
      '/v1/prompts',
      '/v1/frames/{hash}',
      '/v1/turns',
      '/v1/rewards',
      '/v1/events',
    ])
    const { schema } = bodyOf.parse(document.paths['/v1/prompts']!.post).requestBody.content[
      'application/json'
    ]
    expect(schema.required).toEqual(['run', 'step', 'ids'])
    expect(schema.additionalProperties).toBe(false)
  }))

it('refuses in one line what it cannot answer', () =>
  served(async (_url, call) => {
    const refused = async (answer: Promise<Response>) => {
      const { status } = await answer
      const { error } = await read(errorAnswer, answer)
      expect(error).not.toContain('\n')
      return `${status} ${error}`
    }
    expect(await refused(call('/v1/prompts', '{'))).toBe('400 the body is not JSON')
    expect(await refused(call('/v1/prompts', { ...prompts, step: -1 }))).toContain('400 step: expected')
    expect(await refused(call('/v1/prompts', { ...prompts, more: 1 }))).toContain('400')
    expect(await refused(call('/v1/prompts', { ...prompts, run: 'x' }))).toContain('409')
    expect(await refused(call('/v1/prompts', { ...prompts, step: 6 }))).toContain('422 step 6')
    expect(await refused(call('/v1/frames/..%2Fsecret'))).toContain('400')
    expect(await refused(call(`/v1/frames/${'0'.repeat(64)}`))).toContain('404')
    expect(await refused(call(`/v1/frames/${'0'.repeat(64)}?format=gif`))).toContain('400')
    expect(await refused(call('/v1/run', {}))).toContain('405')
    expect(await refused(call('/v2'))).toContain('404')
    expect(await refused(call('//'))).toBe('400 the path is not valid')
  }))

it('wants the token on every path once it has one', () =>
  served(async (_url, call) => {
    for (const path of ['/v1/run', '/openapi.json', `/v1/frames/${'0'.repeat(64)}`]) {
      expect((await call(path)).status).toBe(401)
      expect((await call(path, undefined, { authorization: 'Bearer wrong' })).status).toBe(401)
    }
    expect((await call('/v1/prompts', prompts)).status).toBe(401)
    expect((await call('/v1/run', undefined, { authorization: 'Bearer right' })).status).toBe(200)
  }, 'right'))

it('does not listen where others can reach it without a token', () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { service: made } = yield* service(scene())
        for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org']) {
          const error = yield* Effect.flip(serveTraining(made, { host, version: '9' }))
          expect(error.message).toContain('no token is set')
        }
        const url = yield* serveTraining(made, { host: '0.0.0.0', token: 'right', version: '9' })
        const error = yield* Effect.flip(
          serveTraining(made, { port: Number(new URL(url).port), host: '0.0.0.0', token: 'x', version: '9' }),
        )
        expect(error.message).toContain('EADDRINUSE')
      }),
    ),
  ))

it('puts frames into the shared folder by the hash of their bytes', async () => {
  const shared = join(mkdtempSync(join(tmpdir(), 'spanwise-shared-')), 'frames')
  await served(
    async (_url, call) => {
      const { items } = await read(promptsAnswer, call('/v1/prompts', prompts))
      for (const { video } of items)
        for (const { hash } of video.frames)
          if (hash !== null)
            expect(
              createHash('sha256')
                .update(readFileSync(join(shared, `${hash}.rgb`)))
                .digest('hex'),
            ).toBe(hash)
      expect(existsSync(shared) && readdirSync(shared).every((name) => name.endsWith('.rgb'))).toBe(true)
    },
    undefined,
    shared,
  )
})
