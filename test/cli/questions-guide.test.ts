import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import { composeRewards } from '../../rewards/index.ts'
import { grpoSchema } from '../../trainer/index.ts'
import { spanwiseHere } from './command-line.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/questions.md'), 'utf8')
const commands = [...guide.matchAll(/^npx pnpm@12 spanwise (.+)$/gm)].map(([, words]) => words!.split(' '))

/** A dotted setting as nested fields: `rewards.choice.answer=1`. */
const nested = (names: ReadonlyArray<string>, value: unknown): unknown =>
  names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)

/** The settings of a command's `--set`, each apart. */
const settingsOf = (words: ReadonlyArray<string>) =>
  words
    .filter((_, place) => words[place - 1] === '--set')
    .map((word) => {
      const [path = '', text = ''] = word.split('=')
      const value = /^[a-z]+$/.test(text) && text !== 'true' ? text : JSON.parse(text)
      return nested(path.split('.'), value) as { readonly [name: string]: unknown }
    })

describe('the guide of questions', () => {
  it('gives commands with flags that exist', async () => {
    expect(commands.length).toBeGreaterThan(10)
    const helps = new Map<string, string>()
    for (const words of commands) {
      const key = words
        .slice(
          0,
          words.findIndex((word) => word.startsWith('--')),
        )
        .join(' ')
      if (!helps.has(key)) {
        const { code, out } = await spanwiseHere(tmpdir(), ...key.split(' ').slice(0, 2), '--help')
        expect(code, key).toBe(0)
        helps.set(key, out)
      }
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(helps.get(key)).toContain(flag)
    }
  })

  it('gives settings and rewards that exist', async () => {
    for (const words of commands.filter(([, kind]) => kind === 'curriculum'))
      for (const setting of settingsOf(words)) {
        const { rewards } = grpoSchema.parse({ learningRate: 1, sampling: { maxTokens: 1 }, ...setting })
        await Effect.runPromise(composeRewards(rewards))
      }
  })
})
