import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { copySources, enterInto } from '../support/copy.ts'
import { folderOf } from './goldens.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-architecture-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The architecture's only file, as it is in a folder of `engine/architectures`. */
const file = readFileSync(join(import.meta.dirname, 'made-up-architecture.ts'), 'utf8')
  .replaceAll("'../../engine/architectures/index.ts'", "'../contract.ts'")
  .replaceAll("'../../engine/architectures/", "'../")
  .replaceAll("'../../graph/", "'../../../graph/")

it('an architecture of one file and one catalogue line is read, runs, learns and is saved', () => {
  const copy = join(root, 'copy')
  copySources(copy)
  mkdirSync(join(copy, 'engine', 'architectures', 'made-up'))
  writeFileSync(join(copy, 'engine', 'architectures', 'made-up', 'index.ts'), file)
  enterInto(
    join(copy, 'engine', 'architectures', 'catalogue.ts'),
    "import { madeUp } from './made-up/index.ts'",
    'export const architectures = {',
    'made_up: madeUp',
  )
  const script = readFileSync(join(import.meta.dirname, 'made-up-run.ts'), 'utf8')
  writeFileSync(join(copy, 'run.ts'), script.replaceAll("'../../", "'./"))
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(copy, 'run.ts'), folderOf('qwen2vl/qwen2-vl'), join(root, 'model')],
    { cwd: copy, encoding: 'utf8' },
  )
  expect(stdout, stderr).not.toBe('')
  const { grids, losses, reply, again, scored, saved } = JSON.parse(stdout)
  expect(grids).toEqual([[2, 1, 2]])
  expect(losses.at(-1)).toBeLessThan(losses[0] / 2)
  expect(reply).toHaveLength(4)
  reply.forEach((logProb: number, i: number) => {
    expect(again[i]).toBeCloseTo(logProb, 4)
  })
  expect(saved).toEqual(scored)
})
