import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { suites } from '../../eval/index.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/evaluation.md'), 'utf8')

it('the guide gives the rules of the suites that it lists, the default first', () => {
  const rows = [...guide.matchAll(/^\| `([\w-]+)` +\| (`.*) \|$/gm)].map(
    ([, name, cell]) => [name!, [...cell!.matchAll(/`([^`]+)`/g)].map(([, rule]) => rule)] as const,
  )
  expect(rows.length).toBeGreaterThan(10)
  for (const [name, rules] of rows) expect(suites[name]?.rules, name).toEqual(rules)
})
