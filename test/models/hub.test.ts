import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as NodeServices from '@effect/platform-node/NodeServices'
import { Effect, Exit } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPreprocessing } from '../../engine/checkpoint/index.ts'
import { checkpointName, checkpointProfile, resolveCheckpoint } from '../../models/index.ts'

let root = ''
const snapshot = (hub: string, name: string, hash: string) =>
  join(root, hub, `models--${name.replace('/', '--')}`, 'snapshots', hash)
const resolve = (name: string, environment: NodeJS.ProcessEnv) =>
  Effect.runPromise(resolveCheckpoint(name, environment).pipe(Effect.provide(NodeServices.layer)))
const refusal = async (name: string, environment: NodeJS.ProcessEnv) => {
  const exit = await Effect.runPromiseExit(
    resolveCheckpoint(name, environment).pipe(Effect.provide(NodeServices.layer)),
  )
  return Exit.isFailure(exit) ? String(exit.cause) : 'found'
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'spanwise-hub-'))
  for (const [hub, name, hash] of [
    ['home/hub', 'Qwen/Qwen3-VL-2B-Instruct', 'abc'],
    ['cache', 'Qwen/Qwen2.5-VL-3B-Instruct', 'def'],
  ] as const) {
    const folder = snapshot(hub, name, hash)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'config.json'), '{}')
    mkdirSync(join(folder, '..', '..', 'refs'))
    writeFileSync(join(folder, '..', '..', 'refs', 'main'), `${hash}\n`)
  }
})
afterAll(() => rmSync(root, { recursive: true }))

describe('a model of the hub', () => {
  it('is found in the local cache by HF_HOME and by HF_HUB_CACHE', async () => {
    expect(await resolve('Qwen/Qwen3-VL-2B-Instruct', { HF_HOME: join(root, 'home') })).toBe(
      snapshot('home/hub', 'Qwen/Qwen3-VL-2B-Instruct', 'abc'),
    )
    const environment = { HF_HOME: join(root, 'home'), HF_HUB_CACHE: join(root, 'cache') }
    expect(await resolve('Qwen/Qwen2.5-VL-3B-Instruct', environment)).toBe(
      snapshot('cache', 'Qwen/Qwen2.5-VL-3B-Instruct', 'def'),
    )
  })

  it('is found where the cache is named from the home folder', async () => {
    for (const environment of [{ HF_HOME: '~/home' }, { HF_HUB_CACHE: '~/home/hub' }])
      expect(await resolve('Qwen/Qwen3-VL-2B-Instruct', { HOME: root, ...environment })).toMatch(/abc$/)
  })

  it('may be named with a revision', async () =>
    expect(await resolve('Qwen/Qwen3-VL-2B-Instruct@abc', { HF_HOME: join(root, 'home') })).toMatch(/abc$/))

  it('that is not there is refused with the command that downloads it', async () => {
    const environment = { HF_HOME: join(root, 'home') }
    expect(await refusal('Qwen/Qwen3-VL-8B-Instruct', environment)).toMatch(
      /hf download Qwen\/Qwen3-VL-8B-Instruct/,
    )
    expect(await refusal('Qwen/Qwen3-VL-2B-Instruct@v2', environment)).toMatch(/--revision v2/)
  })

  it('is a folder where there is one, and a plain word is no name of the hub', async () => {
    expect(await resolve(root, {})).toBe(root)
    for (const name of ['nowhere', './nowhere', '../nowhere'])
      expect(await refusal(name, {})).toMatch(/no such folder/)
  })
})

describe('the name of a checkpoint', () => {
  it.each([
    ['/home/me/hub/models--Qwen--Qwen3-VL-2B-Instruct/snapshots/89644892', 'Qwen/Qwen3-VL-2B-Instruct'],
    ['/data/models--Qwen--Qwen3-VL-2B-Instruct', 'models--Qwen--Qwen3-VL-2B-Instruct'],
    ['runs/mine-sft/checkpoints/step-000300/model', 'mine-sft/step-000300'],
    ['/runs/charades-grpo/checkpoints/checkpoint-500/', 'charades-grpo/checkpoint-500'],
    ['checkpoints/shapes-base', 'shapes-base'],
    ['/data/model', 'model'],
  ])('in %s is %s', (folder, name) => expect(checkpointName(folder)).toBe(name))

  it('says what the cached model needs, not the commit that its folder is named after', async () => {
    const cached = snapshot('cache', 'Qwen/Qwen3-VL-2B-Thinking', '89644892')
    cpSync(join(import.meta.dirname, '../fixtures/qwen3vl/tied'), cached, { recursive: true })
    rmSync(join(cached, 'spanwise.json'))
    const profile = await Effect.runPromise(
      readPreprocessing(cached).pipe(Effect.flatMap(checkpointProfile), Effect.provide(NodeServices.layer)),
    )
    expect(profile).toMatchObject({ model: 'Qwen/Qwen3-VL-2B-Thinking', reasoning: 'always' })
  })
})
