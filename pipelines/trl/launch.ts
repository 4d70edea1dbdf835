import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { EngineSettings } from '../../trainer/service/index.ts'
import type { TrlOptions } from './options.ts'

/** Sources of the Python package, so that it need not be installed. */
const packageFolder = join(import.meta.dirname, '..', '..', 'engines', 'trl', 'src')

const finished = 'trainer_state.json'

/** The newest complete checkpoint of a run and its number of optimiser steps; null where there is none. */
export const latestTrlCheckpoint = (
  output: string,
): { readonly path: string; readonly step: number } | null => {
  if (!existsSync(output)) return null
  const all = readdirSync(output)
    .flatMap((name) => {
      const step = /^checkpoint-(\d+)$/.exec(name)?.[1]
      return step === undefined || !existsSync(join(output, name, finished))
        ? []
        : [{ path: join(output, name), step: Number(step) }]
    })
    .sort((a, b) => a.step - b.step)
  return all.at(-1) ?? null
}

/** Program and arguments that train, with the environment that it needs in front. */
export const trainCommand = (
  trl: TrlOptions,
  engine: EngineSettings,
  config: string,
  service: string,
): ReadonlyArray<string> => {
  const inherited = process.env.PYTHONPATH
  const environment = [
    `SPANWISE_SERVICE=${service}`,
    `PYTHONPATH=${inherited === undefined || inherited === '' ? packageFolder : `${packageFolder}${delimiter}${inherited}`}`,
    'PYTHONUNBUFFERED=1',
    'TRL_EXPERIMENTAL_SILENCE=1',
    'TOKENIZERS_PARALLELISM=false',
    ...(trl.gpus === 0 ? ['CUDA_VISIBLE_DEVICES='] : []),
  ]
  const program =
    // "accelerate launch" starts one process on a CPU, whatever it is asked for.
    trl.gpus === 0
      ? [trl.python, '-m', 'spanwise_trl']
      : [
          trl.python,
          '-m',
          'accelerate.commands.launch',
          '--config_file',
          config,
          '--num_processes',
          String(engine.processes),
          '-m',
          'spanwise_trl',
        ]
  return ['env', ...environment, ...program]
}
