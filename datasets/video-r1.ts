import { Effect } from 'effect'
import { z } from 'zod'
import { hasImageSuffix, imageSuffixes, letter } from '../core/index.ts'
import { cleanQuestion } from './clean.ts'
import { define } from './collect.ts'
import { find, listOf } from './files.ts'
import { bareOptions, letterOfAnswer, unordered } from './options.ts'
import { identifier } from './schemas.ts'

const row = z.object({
  problem_id: identifier.optional(),
  problem: z.string(),
  data_type: z.string(),
  problem_type: z.string(),
  options: z.array(z.string()).nullish(),
  solution: z.string(),
  process: z.string().nullish(),
  path: z.string(),
  data_source: z.string().nullish(),
})

const openTypes: ReadonlySet<string> = new Set(['numerical', 'OCR', 'free-form', 'regression'])

const suites = ['mvbench', 'tempcompass', 'videomme', 'videommmu', 'vsibench', 'mmvu']

/** The text inside `<answer>`, or all of it. */
const solved = (solution: string): string =>
  (/<answer>(.*?)<\/answer>/s.exec(solution)?.[1] ?? solution).trim()

/** What the kind of a row says against the file that it names; null where they agree. */
const contradiction = (kind: string, path: string) => {
  if (kind !== 'video' && kind !== 'image')
    return { kind: 'unsupported', message: `data_type: ${kind}` } as const
  const named = hasImageSuffix(path)
  if (named === (kind === 'image')) return null
  const said = named ? 'an image' : `no image (${imageSuffixes.join(', ')})`
  return { kind: 'mismatch', message: `data_type: ${kind}, and path names ${said}: ${path}` } as const
}

/**
 * Video-R1's JSON: `train` is the 260k set for reinforcement learning, `sft` the 165k set with reasoning (`meta.cot`),
 * and each `eval_<suite>.json` a split of its suite's name. Multiple choice becomes `choice`, a numerical problem whose
 * answer is a whole number becomes `counting`, and every other type an `open` question; `meta.type` keeps the type, by
 * which rewards score. A row about an image is a sample like others, whose file is an image. Unknown types are
 * `unsupported`.
 */
export const videoR1 = define({
  name: 'video_r1',
  licence: null,
  homepage: 'https://huggingface.co/datasets/Video-R1/Video-R1-data',
  files: ['Video-R1-260k.json', 'Video-R1-COT-165k.json', ...suites.map((suite) => `eval_${suite}.json`)],
  splits: ['train', 'sft', ...suites],
  sizes: {},
  fill: Effect.fnUntraced(function* (folder, split, into) {
    const file =
      split === 'train'
        ? 'Video-R1-260k.json'
        : split === 'sft'
          ? 'Video-R1-COT-165k.json'
          : `eval_${split}.json`
    const source = yield* find(folder, [file])
    const entries = yield* listOf(source)
    for (const [index, entry] of entries.entries()) {
      const line = index + 1
      const one = into.row(source.path, line, row, entry)
      if (one === null) continue
      const refuse = (what: string) => into.problem(source.path, line, 'unsupported', what)
      const path = one.path.replace(/^\.?\//, '')
      const against = contradiction(one.data_type, path)
      if (against !== null) {
        into.problem(source.path, line, against.kind, against.message)
        continue
      }
      const answer = solved(one.solution)
      const meta = {
        type: one.problem_type,
        source: one.data_source ?? null,
        ...(one.process == null || one.process.trim() === '' ? {} : { cot: one.process }),
      }
      const shared = {
        id: one.problem_id ?? String(line),
        video: path.replace(/\.\w+$/, ''),
        file: path,
        duration: null,
        query: cleanQuestion(one.problem, into.settings.cleaning),
        windows: null,
        meta,
      }
      if (one.problem_type === 'multiple choice') {
        const options = bareOptions(one.options ?? [])
        const right = letterOfAnswer(answer)
        const wrong = (kind: 'missing' | 'mismatch', what: string) =>
          into.problem(source.path, line, kind, what)
        if (options === null) wrong('mismatch', unordered)
        else if (options.length === 0) wrong('missing', 'options: a multiple-choice problem needs them')
        else if (right === null || !options.some((_, place) => letter(place) === right))
          wrong('mismatch', `solution: ${JSON.stringify(answer.slice(0, 40))} is not the letter of an option`)
        else
          into.sample(source.path, line, {
            ...shared,
            task: 'choice',
            options: [...options],
            answer: right,
          })
      } else if (one.problem_type === 'numerical' && /^\d{1,15}$/.test(answer))
        into.sample(source.path, line, { ...shared, task: 'counting', answer: String(Number(answer)) })
      else if (!openTypes.has(one.problem_type)) refuse(`problem_type: ${one.problem_type}`)
      else if (answer === '') into.problem(source.path, line, 'missing', 'solution: has no answer')
      else into.sample(source.path, line, { ...shared, task: 'open', answer })
    }
    return [source]
  }),
})
