import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { copySources, enterInto } from '../support/copy.ts'

/** A family of models that only this test has. */
const file = `import type { Family } from '../family.ts'
import { named } from '../family.ts'
import { general } from './general.ts'

export const madeUp: Family = {
  name: 'made-up',
  matches: (facts) => named(facts, /made-?up-vl/i),
  profile: (facts) => {
    const base = general(facts)
    return { ...base, view: { ...base.view, fps: 4, frames: 12 }, reasoning: 'always' }
  },
}
`

const root = mkdtempSync(join(tmpdir(), 'spanwise-family-'))
afterAll(() => rmSync(root, { recursive: true }))

it('a new family of models is one new file and one line of the catalogue', () => {
  const copy = join(root, 'copy')
  copySources(copy)
  writeFileSync(join(copy, 'models', 'profile', 'families', 'made-up.ts'), file)
  enterInto(
    join(copy, 'models', 'profile', 'catalogue.ts'),
    "import { madeUp } from './families/made-up.ts'",
    'export const families: ReadonlyArray<Family> = [',
    'madeUp',
  )
  const script = join(copy, 'ask.ts')
  const face = pathToFileURL(join(copy, 'models', 'profile', 'index.ts')).href
  writeFileSync(
    script,
    `import { namedProfile, replyPlan } from '${face}'
const made = namedProfile('org/MadeUp-VL-7B')
console.log(JSON.stringify({ family: made.family, view: made.view, plan: replyPlan(made, 'grounding') }))
`,
  )
  const { stdout } = spawnSync(process.execPath, [script], { cwd: copy, encoding: 'utf8' })
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ family: 'made-up', view: { fps: 4, frames: 12 } },
    plan: { reasons: true, maxTokens: 256 + 4096 },
  })
})
