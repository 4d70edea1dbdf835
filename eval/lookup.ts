import { Effect } from 'effect'
import { InputError, suggestion } from '../core/index.ts'
import { OwnDatasets } from '../datasets/index.ts'
import { suites } from './catalogue.ts'
import type { Suite } from './suite.ts'

/** The suite of that name; fails with an InputError that names the nearest one. */
export const lookupSuite = (name: string): Effect.Effect<Suite, InputError> => {
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
  return suite === undefined ? suiteOfOwn(name) : Effect.succeed(suite)
}

const unknownSuite = (subject: string, name: string, problem: string, more = ''): InputError =>
  new InputError({
    subject,
    problem,
    remedy: `${suggestion(name, Object.keys(suites))}${more}`,
  })

/** The suite of a dataset from the configuration: the rules of the suite it names, on its own samples. */
const suiteOfOwn = Effect.fnUntraced(function* (name: string): Effect.fn.Return<Suite, InputError> {
  const own = (yield* yield* OwnDatasets).find((one) => one.name === name)
  if (own === undefined)
    return yield* unknownSuite(
      `eval ${name}`,
      name,
      'is neither a suite nor a dataset in the configuration',
      `; or add ${JSON.stringify(name)} to "datasets" in spanwise.config.json`,
    )
  const subject = `datasets.${name}.suite`
  if (own.suite === undefined)
    return yield* new InputError({
      subject,
      problem: 'no suite is configured for it',
      remedy: `add "suite" in the configuration, one of ${Object.keys(suites).join(', ')}`,
    })
  const like = Object.hasOwn(suites, own.suite) ? suites[own.suite] : undefined
  return like === undefined
    ? yield* unknownSuite(subject, own.suite, `no suite has the name ${JSON.stringify(own.suite)}`)
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
      remedy: suggestion(rule, suite.rules),
    }),
  )
}
