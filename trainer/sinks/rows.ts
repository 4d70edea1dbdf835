/** Where the figures of a training go besides the JSON lines of its run. */
export interface Sink {
  /** One step's figures, `train/loss` for example. Blocks; throws where the file cannot be written. */
  readonly write: (step: number, figures: ReadonlyArray<readonly [string, number]>) => void
  readonly close: () => void
}

/** Streams of a run that sinks take, and what their figures are called. */
export const streams: { readonly [file: string]: string } = {
  'metrics.jsonl': 'train',
  'validation.jsonl': 'validation',
}

/** The finite numbers of a row, nested names joined by `/`; its step is no figure. */
export const figuresOf = (row: unknown, prefix: string): ReadonlyArray<readonly [string, number]> => {
  if (typeof row === 'number') return Number.isFinite(row) ? [[prefix, row]] : []
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return []
  return Object.entries(row).flatMap(([name, value]) =>
    name === 'step' ? [] : figuresOf(value, `${prefix}/${name}`),
  )
}
