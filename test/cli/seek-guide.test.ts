import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { endings, seekShape } from '../../agents/index.ts'
import { seekSchema } from '../../trainer/index.ts'
import { spanwiseHere } from './command-line.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/frame-seeking.md'), 'utf8')
const commands = [...guide.matchAll(/^npx pnpm@12 spanwise (.+)$/gm)].map(([, words]) => words!.split(' '))

describe('the guide of frame seeking', () => {
  it('names every ending and every setting', () => {
    const listed = [...guide.matchAll(/^\| `([a-z ]+)` +\| [a-z]/gm)].map(([, name]) => name)
    expect(listed).toEqual([...endings])
    for (const name of Object.keys({ ...seekShape, ...seekSchema.shape }))
      expect(guide).toContain(`seek.${name}`)
  })

  it('gives commands with flags and settings that exist', async () => {
    expect(commands).toHaveLength(5)
    const helps = new Map<string, string>()
    for (const words of commands) {
      const command = words.slice(
        0,
        words.findIndex((word) => word.startsWith('--')),
      )
      const key = command.join(' ')
      if (!helps.has(key)) {
        const { code, out } = await spanwiseHere(tmpdir(), ...command, '--help')
        expect(code).toBe(0)
        helps.set(key, out)
      }
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(helps.get(key)).toContain(flag)
      for (const [name, value] of words
        .filter((word) => word.includes('seek.'))
        .map((word) => word.split('=')))
        expect(seekSchema.safeParse({ [name!.slice(5)]: Number(value) }).success).toBe(true)
    }
  })
})
