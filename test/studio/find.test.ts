import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findRuns } from '../../studio/discovery/find.ts'

const training = (...path: ReadonlyArray<string>) => {
  mkdirSync(join(...path), { recursive: true })
  writeFileSync(join(...path, 'run.json'), '{}')
}

it('the id of a run names the same folder whatever other runs come, in any writing', () => {
  const root = mkdtempSync(join(tmpdir(), 'spanwise-find-'))
  const [runs, elsewhere] = [join(root, 'runs'), join(root, 'elsewhere', 'demo')]
  const names = ['б', 'a_b', 'eval/v1.5', 'e\u0301', 'плюс', 'plain', 'eval/v1']
  training(elsewhere)
  for (const name of names) training(runs, name)
  const roots = [runs, elsewhere]
  const before = findRuns(roots)
  expect(before.size).toBe(names.length + 1)
  expect([...before.keys()].filter((id) => !/^[\w.-]+$/.test(id))).toEqual([])
  expect(before.get('plain')?.name).toBe('plain')
  expect(before.get('eval.v1')?.name).toBe('eval/v1')
  expect(before.get('demo')?.path).toBe(elsewhere)
  // Names that were the same as ids, and come first in the alphabet.
  for (const name of ['а', 'a b', 'eval.v1.5', 'eval.v1', '\u00e9', 'demo', 'минус']) training(runs, name)
  const after = findRuns(roots)
  expect(after.size).toBe(before.size + 7)
  for (const [id, run] of before) expect(after.get(id)).toEqual(run)
  rmSync(root, { recursive: true })
})
