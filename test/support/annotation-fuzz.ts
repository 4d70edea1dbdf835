import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cause, Effect, Exit } from 'effect'
import { InputError, type Random, random, sampleSchema } from '../../core/index.ts'
import { catalogue, type DatasetReading, policies, problemKinds } from '../../datasets/index.ts'
import { contradictions } from '../../tasks/index.ts'
import { type Seed, seeds } from './annotation-seeds.ts'
import { cpuTime } from './cpu-time.ts'

/** Values that files hold by mistake. */
const odd: ReadonlyArray<string> = [
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1e999',
    '-0.0',
    '9007199254740993',
    '12345678901234567890',
    '0.1',
    'NaN',
    'Infinity',
  ],
  ...[
    '""',
    '" "',
    '"\\ud800"',
    '"a\\u0000b"',
    '"1"',
    '"x\\ny"',
    '[]',
    '{}',
    '[[0,1]]',
    '[[3,1],[null,2]]',
    '[1,2]',
  ],
  ...['{"a":1,"a":2}', `${'['.repeat(3000)}${']'.repeat(3000)}`, '"__proto__"', '{"__proto__":1}'],
]
const noise: ReadonlyArray<string> = [
  ...[
    '"',
    ',',
    '\n',
    '\r',
    '\r\n',
    '{',
    '}',
    '[',
    ']',
    ':',
    '\\',
    '\u0000',
    '\ufeff',
    ' ',
    '##',
    ';',
    '\t',
    '""',
    'é',
    '\ud83d\ude00',
  ],
]

/** A token of JSON or a cell of CSV: what a change of one value hits. */
const value = /"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[^,\n"{}[\]:]+/g

/** One change to a text, as slips, exports and damage make them. */
export const mutate = (text: string, draw: Random): string => {
  const at = draw.int(0, Math.max(0, text.length - 1))
  switch (draw.int(0, 7)) {
    case 0:
      return text.slice(0, at) + draw.pick(noise) + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + draw.int(1, 4))
    case 2:
      return text.slice(0, at)
    case 3: {
      const lines = text.split('\n')
      const line = draw.int(0, lines.length - 1)
      return draw.next() < 0.5
        ? lines.toSpliced(line, 1).join('\n')
        : lines.toSpliced(line, 0, lines[line]!).join('\n')
    }
    case 4:
      return text.slice(0, at) + draw.pick(noise) + text.slice(at + 1)
    default: {
      const found = [...text.matchAll(value)]
      if (found.length === 0) return text
      const one = draw.pick(found)
      const by = draw.next() < 0.7 ? draw.pick(odd) : draw.pick(found)[0]
      return text.slice(0, one.index) + by + text.slice(one.index + one[0].length)
    }
  }
}

/** What is wrong with how a reader took some files; null where it did well. */
const faultOf = (exit: Exit.Exit<DatasetReading, unknown>): string | null => {
  if (Exit.isFailure(exit)) {
    const error = Cause.squash(exit.cause)
    if (!(error instanceof InputError)) return `threw ${error instanceof Error ? error.stack : String(error)}`
    return /\n|Invalid input|received|undefined/.test(error.message) ? `says ${error.message}` : null
  }
  const { samples, problems, rows } = exit.value
  for (const sample of samples) {
    const read = sampleSchema.safeParse(sample)
    if (!read.success) return `gave a sample that is none: ${JSON.stringify(sample)}`
    if (contradictions(sample).some(({ fatal }) => fatal))
      return `gave a contradiction: ${JSON.stringify(sample)}`
  }
  for (const { kind, message, line } of problems) {
    if (!problemKinds.includes(kind) || !(line >= 1)) return `named a problem ${kind} on line ${line}`
    if (message === '' || /\n|Invalid input|, received|undefined/.test(message)) return `says ${message}`
  }
  const ids = new Set(samples.map(({ id }) => id))
  if (ids.size !== samples.length) return 'gave one id twice'
  return rows + problems.length < samples.length && rows === 0 ? 'counted no rows' : null
}

export interface FuzzResult {
  readonly readings: number
  readonly samples: number
  readonly problems: number
  readonly refused: number
  readonly faults: ReadonlyArray<string>
  /** The longest reading, in milliseconds of CPU time. */
  readonly slowest: number
}

/** Reads `count` changed copies of the seeds, each dataset in turn: each row is to be a sample or a named problem. */
export const fuzzAnnotations = async (count: number, seed: number): Promise<FuzzResult> => {
  const root = mkdtempSync(join(tmpdir(), 'spanwise-fuzz-'))
  const totals = { readings: 0, samples: 0, problems: 0, refused: 0, slowest: 0 }
  const faults: Array<string> = []
  try {
    for (let i = 0; i < count; i++) {
      const draw = random(seed, 'annotations', i)
      const one: Seed = seeds[i % seeds.length]!
      const names = Object.keys(one.files)
      const target = draw.next() < 0.8 ? names[0]! : draw.pick(names)
      const folder = join(root, String(i % 50))
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
      let changed = one.files[target]!
      for (let times = draw.int(1, 2); times > 0; times--) changed = mutate(changed, draw)
      for (const name of names)
        writeFileSync(join(folder, name), name === target ? changed : one.files[name]!)
      const spent = cpuTime()
      const policy = draw.pick(policies.filter((each) => each !== 'fail'))
      const exit = await Effect.runPromiseExit(catalogue[one.dataset]!.read(folder, one.split, { policy }))
      totals.slowest = Math.max(totals.slowest, spent())
      const fault = faultOf(exit)
      if (fault !== null) faults.push(`${one.dataset} (${i}, ${target}): ${fault}\n${changed.slice(0, 600)}`)
      totals.readings++
      if (Exit.isSuccess(exit)) {
        totals.samples += exit.value.samples.length
        totals.problems += exit.value.problems.length
      } else totals.refused++
    }
  } finally {
    rmSync(root, { recursive: true })
  }
  return { ...totals, faults }
}
