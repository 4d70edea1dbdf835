import { Effect } from 'effect'
import { define } from '../collect.ts'
import { find } from '../files.ts'
import { parsedRows } from '../jsonl.ts'
import { candidates, ownSplits } from './files.ts'
import { addOwnRow } from './row.ts'

/** Own data as JSON lines: the fields of a sample, of which `video` and `query` are needed. */
export const jsonl = define({
  name: 'jsonl',
  licence: null,
  homepage: 'your own data',
  files: ['<split>.jsonl'],
  splits: ownSplits,
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const source = yield* find(folder, candidates(folder, split, 'jsonl'), into.settings.form)
    yield* parsedRows(source, into, (line, value) => addOwnRow(source.path, line, value, into))
    return [source]
  }),
})
