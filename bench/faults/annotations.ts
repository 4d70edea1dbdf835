/*
 * Readers of annotation files under changed rows. Usage: node bench/faults/annotations.ts [--readings 20000] [--seed 1]
 * Changes one or two places of small sound files, of every dataset and form in turn: values of another type, numbers
 * beyond doubles, half surrogate pairs, NUL, deep nesting, repeated keys and lines, cut ends, stray quotes and line ends.
 * Exits with 1 unless each reading ends with samples that fit the schema and named problems in plain words, or with one
 * InputError, and none takes longer than 10 s.
 */
import { parseArgs } from 'node:util'
import { fuzzAnnotations } from '../../test/support/annotation-fuzz.ts'

const { values: flags } = parseArgs({
  options: { readings: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
})
const started = performance.now()
const { faults, slowest, ...totals } = await fuzzAnnotations(Number(flags.readings), Number(flags.seed))
console.log(
  `${totals.readings} readings in ${((performance.now() - started) / 1000).toFixed(0)} s: ${totals.samples} samples, ${totals.problems} problems, ${totals.refused} files refused; slowest ${slowest.toFixed(0)} ms; ${faults.length} faults`,
)
for (const fault of faults.slice(0, 20)) console.error(fault)
if (faults.length > 0 || slowest > 10_000) process.exitCode = 1
