import { Effect } from 'effect'
import { InputError, nearest } from '../core/index.ts'
import { OwnDatasets } from '../datasets/index.ts'
import { suites } from './catalogue.ts'
import type { Suite } from './suite.ts'

/** The suite of that name; fails with an InputError that names the nearest one. */
export const lookupSuite = (name: string): Effect.Effect<Suite, InputError> => {
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
  return suite === undefined ? suiteOfOwn(name) : Effect.succeed(suite)
}

const unknownSuite = (subject: string, name: string): InputError =>
  new InputError({
    subject,
    problem: 'unknown suite',
    remedy: `did you mean ${nearest(name, Object.keys(suites))}? All: ${Object.keys(suites).join(', ')}`,
  })

/** The suite of a dataset from the configuration: the rules of the suite it names, on its own samples. */
const suiteOfOwn = Effect.fnUntraced(function* (name: string): Effect.fn.Return<Suite, InputError> {
  const own = (yield* yield* OwnDatasets).find((one) => one.name === name)
  if (own === undefined) return yield* unknownSuite(`suite ${JSON.stringify(name)}`, name)
  const subject = `datasets.${name}.suite`
  if (own.suite === undefined)
    return yield* new InputError({
      subject,
      problem: 'no suite is configured for it',
      remedy: `add "suite" in the configuration, one of ${Object.keys(suites).join(', ')}`,
    })
  const like = Object.hasOwn(suites, own.suite) ? suites[own.suite] : undefined
  return like === undefined
    ? yield* unknownSuite(subject, own.suite)
    : { ...like, name, dataset: name, split: 'test', trainSplit: 'train' }
})

/** One of the suite's rules, its first where none is given; fails with an InputError that lists them. */
export const lookupRule = (suite: Suite, rule: string | undefined): Effect.Effect<string, InputError> => {
  if (rule === undefined) return Effect.succeed(suite.rules[0])
  if (suite.rules.includes(rule)) return Effect.succeed(rule)
  return Effect.fail(
    new InputError({
      subject: `--rule ${rule}`,
      problem: `suite ${suite.name} has no such rule`,
      remedy: `did you mean ${nearest(rule, suite.rules)}? All: ${suite.rules.join(', ')}`,
    }),
  )
}
