import { z } from 'zod'

const seconds = z.number().min(0)

/**
 * Where the concurrent slots of a fold spent their time, in seconds summed over all slots: `decode` (decoders:
 * reading, decoding, resizing and encoding frames), `model` (samples with the model), `wait` (slots
 * that waited for a clip) and `write` (journal and part files).
 */
export const phasesSchema = z.object({ decode: seconds, model: seconds, wait: seconds, write: seconds })
export type Phases = z.output<typeof phasesSchema>

/** The bottleneck of a fold that took that many seconds. */
export const boundBy = ({ model, wait, write }: Phases, seconds: number): 'model' | 'decode' | 'write' =>
  write > 0.8 * seconds ? 'write' : wait > model ? 'decode' : 'model'

export interface Stopwatch {
  readonly add: (phase: keyof Phases, milliseconds: number) => void
  readonly phases: () => Phases
}

export const makeStopwatch = (): Stopwatch => {
  const spent = { decode: 0, model: 0, wait: 0, write: 0 }
  return {
    add: (phase, milliseconds) => {
      spent[phase] += milliseconds
    },
    phases: () => ({
      decode: spent.decode / 1000,
      model: spent.model / 1000,
      wait: spent.wait / 1000,
      write: spent.write / 1000,
    }),
  }
}
