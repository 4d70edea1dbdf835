import { join, relative } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError, shellQuote } from '../../core/index.ts'
import { capture } from '../../folds/executors/index.ts'

const modules = ['torch', 'transformers', 'trl', 'accelerate', 'peft']

/** Prints the version and the modules that are not there. They are looked for, not imported, which would take seconds. */
const question = `
import importlib.util, json, sys
absent = [name for name in ${JSON.stringify(modules)} if importlib.util.find_spec(name) is None]
print(json.dumps({"version": sys.version_info[:2], "absent": absent}))
`

const answerSchema = z.object({ version: z.tuple([z.int(), z.int()]), absent: z.array(z.string()) })

const enginePackage = join(import.meta.dirname, '..', '..', 'engines', 'trl')

/** Fails with an InputError where a Python cannot train: before anything is written, instead of in the middle of a launch. */
export const requirePython = Effect.fn('Pipelines.requirePython')(function* (python: string) {
  const subject = `--python ${python}`
  const other = 'choose another with --python or SPANWISE_PYTHON'
  const unusable = (problem: string) =>
    new InputError({ subject, problem, remedy: `install Python 3.11 or newer, or ${other}` })
  const { code, out } = yield* capture([python, '-c', question], other).pipe(
    Effect.mapError(({ problem }) => unusable(problem)),
  )
  if (code !== 0) return yield* unusable(`cannot be started (${code})`)
  const { version, absent } = answerSchema.parse(JSON.parse(out))
  if (version[0] < 3 || (version[0] === 3 && version[1] < 11))
    return yield* new InputError({
      subject,
      problem: `is Python ${version.join('.')}, and TRL needs 3.11 or newer`,
      remedy: other,
    })
  if (absent.length > 0)
    return yield* new InputError({
      subject,
      problem: `lacks the packages ${absent.join(', ')}`,
      remedy: `install them with "${shellQuote([python, '-m', 'pip', 'install', `./${relative(process.cwd(), enginePackage)}`])}", or ${other}`,
    })
})
