import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { copySources, enterInto } from '../support/copy.ts'

/** A dataset that only this test has. */
const file = `import { Effect } from 'effect'
import { z } from 'zod'
import { cleanQuery } from './clean.ts'
import { define } from './collect.ts'
import { find } from './files.ts'
import { jsonRows } from './jsonl.ts'
import { pair, seconds } from './schemas.ts'

const row = z.object({ clip: z.string(), says: z.string(), from_to: pair, length: seconds })

export const madeUp = define({
  name: 'made_up',
  licence: 'CC0',
  homepage: 'nowhere',
  files: ['made-up.jsonl'],
  splits: ['train'],
  sizes: { train: { samples: 1 } },
  fill: (folder, _, into) =>
    Effect.gen(function* () {
      const source = yield* find(folder, ['made-up.jsonl'])
      for (const { line, row: one } of yield* jsonRows(source, row, into))
        into.sample(source.path, line, {
          id: one.clip,
          task: 'grounding',
          video: one.clip,
          file: one.clip + '.mp4',
          duration: one.length,
          query: cleanQuery(one.says, into.settings.cleaning),
          windows: [one.from_to],
        })
      return [source]
    }),
})
`

const root = mkdtempSync(join(tmpdir(), 'spanwise-dataset-'))
afterAll(() => rmSync(root, { recursive: true }))

it('a new dataset is one new file and one line of the catalogue', () => {
  const copy = join(root, 'copy')
  copySources(copy)
  writeFileSync(join(copy, 'datasets', 'made-up.ts'), file)
  enterInto(
    join(copy, 'datasets', 'catalogue.ts'),
    "import { madeUp } from './made-up.ts'",
    'const all: ReadonlyArray<Dataset> = [',
    'madeUp',
  )
  writeFileSync(
    join(root, 'made-up.jsonl'),
    '{"clip":"a","says":"x","from_to":[1,2],"length":9}\n{"clip":"b","says":"y","from_to":[1,"2"],"length":9}\n',
  )
  const spanwise = (...args: ReadonlyArray<string>) => {
    const { stdout, status } = spawnSync(process.execPath, [join(copy, 'bin', 'spanwise.js'), ...args], {
      cwd: root,
      encoding: 'utf8',
    })
    return { status, said: JSON.parse(stdout) }
  }
  const inspected = spanwise('datasets', 'inspect', 'made_up', '--annotations', root, '--json')
  expect(inspected.said).toMatchObject({
    samples: 1,
    licence: 'CC0',
    splits: { train: { problems: { malformed: 1 } } },
  })
  const listed = spanwise('datasets', 'list', '--json')
  expect(listed.said.datasets[0]).toMatchObject({ name: 'made_up', sizes: { train: { samples: 1 } } })
  const out = join(root, 'out.jsonl')
  expect(
    spanwise('datasets', 'export', 'made_up', '--annotations', root, '--out', out, '--json').said,
  ).toMatchObject({
    samples: 1,
    problems: 1,
  })
})
