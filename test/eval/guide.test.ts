import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { suites } from '../../eval/index.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/evaluation.md'), 'utf8')

it('the guide lists every suite with its rules, the default first', () => {
  const rows = [...guide.matchAll(/^\| `([\w-]+)` +\| (`.*) \|$/gm)]
  const listed = Object.fromEntries(
    rows.map(([, name, cell]) => [name!, [...cell!.matchAll(/`([^`]+)`/g)].map(([, rule]) => rule)]),
  )
  expect(listed).toMatchObject(
    Object.fromEntries(Object.entries(suites).map(([name, { rules }]) => [name, rules])),
  )
})
