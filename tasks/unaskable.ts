import type { Sample } from '../core/index.ts'
import { specOf } from './catalogue.ts'

/**
 * Why the question of a sample cannot be put to a model; null where it can. A letter is the answer to nothing without
 * options: ReXTime's own files have the letters and not the texts.
 */
export const unaskable = (sample: Pick<Sample, 'task' | 'options'>): string | null =>
  specOf(sample).answers === 'letter' && (sample.options?.length ?? 0) < 2
    ? 'has no options to choose from'
    : null
