import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { InputError } from '../core/index.ts'
import { attempt, parseJson, readText, wholeBy } from '../files/index.ts'
import { curatedFile, jsonLinesToParquet } from '../store/index.ts'
import { modelCard } from './export/model-card.ts'
import { validationRows } from './train/validate.ts'

/** What was written, and the command that uploads it. */
export interface HubExport {
  readonly kind: 'dataset' | 'model'
  readonly out: string
  readonly files: ReadonlyArray<string>
  readonly bytes: number
  readonly command: string
}

/** Files of a curated dataset that belong on the hub. */
const datasetFiles = ['README.md', 'train.parquet', 'decisions.parquet', curatedFile]

/** Files of a checkpoint that only continue its training, or name paths of the machine that trained it. */
const machineOnly =
  /^(optimizer\.pt|scheduler\.pt|scaler\.pt|trainer_state\.json|training_args\.bin|rng_state.*\.pth|spanwise-run\.json|README\.md|global_step\d+|latest|zero_to_fp32\.py|engine\.state)$/

const runRecord = z.object({
  kind: z.string(),
  settings: z.looseObject({ options: z.unknown(), samples: z.number().optional() }),
  provenance: z.looseObject({ model: z.string(), spanwise: z.string() }),
})

/** The model's folder in a checkpoint of either trainer, and the steps behind it; null for another folder. */
const checkpointAt = (folder: string, name: string) => {
  const step = /^(?:step|checkpoint)-(\d+)$/.exec(name)?.[1]
  const at = join(folder, name)
  const model = existsSync(join(at, 'model')) ? join(at, 'model') : at
  const complete = ['config.json', 'adapter_config.json'].some((file) => existsSync(join(model, file)))
  return step === undefined || !complete ? null : { name, model, step: Number(step) }
}

const checkpointOf = Effect.fnUntraced(function* (run: string, name: string | undefined) {
  const folder = join(run, 'checkpoints')
  const all = (existsSync(folder) ? readdirSync(folder) : [])
    .flatMap((entry) => checkpointAt(folder, entry) ?? [])
    .toSorted((a, b) => a.step - b.step)
  const chosen = name === undefined ? all.at(-1) : all.find((one) => one.name === name)
  if (chosen !== undefined) return chosen
  return yield* new InputError({
    subject: name === undefined ? run : `--checkpoint ${name}`,
    problem: all.length === 0 ? 'holds no complete checkpoint' : 'no such checkpoint',
    remedy:
      all.length === 0
        ? 'train first, or export a curated dataset'
        : `choose one of ${all.map((one) => one.name).join(', ')}`,
  })
})

const copy = (from: string, into: string, names: ReadonlyArray<string>) => {
  for (const name of names) copyFileSync(join(from, name), join(into, name))
}

/** Fills a folder from a training run: the weights, their card, and the figures as Parquet. */
const fillModel = Effect.fnUntraced(function* (
  run: string,
  name: string | undefined,
  title: string,
  into: string,
) {
  const record = join(run, 'run.json')
  const json = parseJson((yield* readText(record)) ?? '')
  const read = runRecord.safeParse('value' in json ? json.value : null)
  if (!read.success)
    return yield* new InputError({
      subject: record,
      problem: 'is not the record of a training',
      remedy: 'use the folder of "spanwise train", or of a curated dataset',
    })
  const { kind, settings, provenance } = read.data
  const checkpoint = yield* checkpointOf(run, name)
  const rows = yield* validationRows(join(run, 'validation.jsonl'))
  yield* attempt(into, 'written', () => {
    const files = readdirSync(checkpoint.model, { withFileTypes: true })
    copy(
      checkpoint.model,
      into,
      files.filter((file) => file.isFile() && !machineOnly.test(file.name)).map((file) => file.name),
    )
    const card = modelCard(title, {
      kind,
      steps: stepsBehind(settings, checkpoint.step),
      adapter: existsSync(join(checkpoint.model, 'adapter_config.json')),
      base: provenance.model,
      samples: settings.samples ?? null,
      options: settings.options,
      validation: rows.findLast(({ step }) => step <= checkpoint.step) ?? {},
      spanwise: provenance.spanwise,
    })
    writeFileSync(join(into, 'README.md'), card)
  })
  if (existsSync(join(run, 'metrics.jsonl')))
    yield* jsonLinesToParquet(join(run, 'metrics.jsonl'), join(into, 'metrics.parquet'))
})

/** Curriculum steps at a checkpoint that counts optimiser steps, of which a batch of rollouts may have several. */
const stepsBehind = (settings: z.output<typeof runRecord>['settings'], step: number): number => {
  const external = z.object({ engine: z.object({ name: z.literal('trl') }) }).safeParse(settings).success
  const updates = z.object({ updates: z.int().positive() }).safeParse(settings.options)
  return external && updates.success ? Math.floor(step / updates.data.updates) : step
}

/**
 * `spanwise export hub`: a folder that `hf upload` takes as it is, made from a curated dataset (card and Parquet) or from a
 * training run (the weights of a checkpoint, card and the figures as Parquet). Nothing is uploaded.
 */
export const exportHub = Effect.fn('Pipelines.exportHub')(function* (options: {
  /** Folder of a curated dataset or of a training run. */
  readonly from: string
  readonly out: string
  /** Name of a checkpoint's folder; the newest if not given. */
  readonly checkpoint?: string
}) {
  const { from, out } = options
  const refuse = (subject: string, problem: string, remedy: string) =>
    new InputError({ subject, problem, remedy })
  if (existsSync(out))
    return yield* refuse(out, 'exists already', 'choose a folder that does not exist with --out')
  const kind = existsSync(join(from, 'train.parquet'))
    ? 'dataset'
    : existsSync(join(from, 'run.json'))
      ? 'model'
      : null
  if (kind === null)
    return yield* refuse(
      from,
      'is neither a curated dataset (train.parquet) nor a training run (run.json)',
      'use the folder that "spanwise curate" or "spanwise train" wrote',
    )
  if (kind === 'dataset' && options.checkpoint !== undefined)
    return yield* refuse('--checkpoint', `${from} is a dataset and has none`, 'leave it out')
  const title = basename(resolve(out))
  yield* wholeBy(out, (folder) =>
    Effect.gen(function* () {
      yield* attempt(out, 'written', () => mkdirSync(folder))
      if (kind === 'model') return yield* fillModel(from, options.checkpoint, title, folder)
      yield* attempt(out, 'written', () =>
        copy(
          from,
          folder,
          datasetFiles.filter((name) => existsSync(join(from, name))),
        ),
      )
    }),
  )
  const files = readdirSync(out).toSorted()
  const result: HubExport = {
    kind,
    out,
    files,
    bytes: files.reduce((sum, name) => sum + statSync(join(out, name)).size, 0),
    command: `hf upload OWNER/${title} ${out} .${kind === 'dataset' ? ' --repo-type dataset' : ''}`,
  }
  return result
})
