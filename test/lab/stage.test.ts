import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, expect, it } from 'vitest'
import { demos } from '../../lab/demo/catalogue.ts'
import { openStage } from '../../lab/demo/stage.ts'
import { spanwiseHere } from '../cli/command-line.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-stage-'))
afterAll(() => rmSync(root, { recursive: true }))

const staged = (folder: string) =>
  openStage({
    ...demos.grounding.defaults,
    ...{ folder, seed: 1, engine: { device: 'cpu', threads: 1, checkpoint: 'none' }, judge: 'none' },
  })

it('keeps the files of a folder that no demo made', async () => {
  const notes = join(root, 'mine', 'thesis', 'notes.txt')
  mkdirSync(join(root, 'mine', 'thesis'), { recursive: true })
  writeFileSync(notes, 'of years')
  for (const task of ['grounding', 'seek']) {
    const { code, err } = await spanwiseHere(root, 'demo', '--task', task, '--run', 'mine')
    expect(code).toBe(2)
    expect(err).toContain('contains files that are not of a demo')
  }
  expect(readFileSync(notes, 'utf8')).toBe('of years')
})

it('empties the folder of an earlier demo, but not while that demo runs', async () => {
  const folder = join(root, 'demo')
  const left = join(folder, 'world', 'videos')
  const refused = await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        yield* staged(folder)
        mkdirSync(left, { recursive: true })
        return yield* Effect.flip(Effect.scoped(staged(folder)))
      }),
    ),
  )
  expect(refused.message).toContain(`is held by process ${process.pid}`)
  expect(existsSync(left)).toBe(true)
  await Effect.runPromise(Effect.scoped(staged(folder)))
  expect(existsSync(left)).toBe(false)
})
