import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { thoughtRules } from '../../agents/index.ts'
import { suites } from '../../eval/index.ts'
import { catalogue } from '../../rewards/index.ts'
import { countsSchema } from '../../trainer/index.ts'
import { spanwiseHere } from './command-line.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/counting.md'), 'utf8')
const commands = [...guide.matchAll(/^npx pnpm@12 spanwise (.+)$/gm)].map(([, words]) => words!.split(' '))

describe('the guide of counting', () => {
  it('names every rule of chains of thought, the settings of the draws with their defaults, rewards and scoring rules', () => {
    const listed = [...guide.matchAll(/^\| `([a-z]+)` +\| [a-z]/gm)].map(([, name]) => name)
    expect(listed).toEqual([...thoughtRules, 'repeated', 'surplus', 'annotation'])
    const { edges, subclips } = countsSchema.parse({})
    expect(guide).toContain(`\`[${edges.join(', ')}]\``)
    expect(guide).toContain(`\`${subclips}\``)
    for (const name of Object.keys(catalogue).filter((one) => /^count/.test(one)))
      expect(guide).toContain(`\`${name}\``)
    for (const rule of suites.repcount!.rules) expect(guide).toContain(`\`${rule}\``)
  })

  it('gives commands with flags that exist', async () => {
    expect(commands).toHaveLength(6)
    const helps = new Map<string, string>()
    for (const words of commands) {
      const end = words.findIndex((word) => word.startsWith('--') || word.includes('/'))
      const key = words.slice(0, end).join(' ')
      if (!helps.has(key)) {
        const { code, out } = await spanwiseHere(tmpdir(), ...key.split(' '), '--help')
        expect(code).toBe(0)
        helps.set(key, out)
      }
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(helps.get(key)).toContain(flag)
    }
  }, 60_000)
})
