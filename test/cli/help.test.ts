import { describe, expect, it } from 'vitest'
import { commandsFor } from '../../cli/commands.ts'

interface Documented {
  readonly name: string
  readonly description: string | undefined
  readonly examples: ReadonlyArray<{ readonly command: string; readonly description?: string | undefined }>
  readonly subcommands: ReadonlyArray<{ readonly commands: ReadonlyArray<Documented> }>
}

/** Every command with the words that start it. */
const all = (command: Documented, before: string): ReadonlyArray<readonly [string, Documented]> => {
  const words = `${before} ${command.name}`
  const below = command.subcommands.flatMap(({ commands }) => commands)
  return [[words, command], ...below.flatMap((one) => all(one, words))]
}

const commands = await commandsFor()
const documented = commands.flatMap((command: Documented) => all(command, 'spanwise'))

describe('the help', () => {
  it('knows every command by the word that loads it alone', async () => {
    for (const { name } of commands) expect((await commandsFor(name)).map((one) => one.name)).toEqual([name])
  })

  it.each(documented)('of "%s" has a description and examples of that command', (words, command) => {
    expect(command.description).toMatch(/^[A-Z]/)
    expect(command.examples.length).toBeGreaterThan(0)
    for (const example of command.examples) {
      expect(example.command).toMatch(new RegExp(`^${words}( |$)`))
      expect(example.description).toBeTruthy()
    }
  })
})
