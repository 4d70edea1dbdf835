import { type Random, random } from '../../core/index.ts'
import { type Model, textPositions } from '../architectures/index.ts'
import type { ProcessedPrompt } from '../processor/index.ts'
import { type Tensors, tensor } from '../session.ts'
import type { DecodingCache } from './cache.ts'
import { paddingMask } from './prompts.ts'
import { type Drawing, drawToken, inverseTemperature } from './sampler.ts'
import type { Sampling } from './sampling.ts'
import { type Finish, finishOf, type StopRule } from './stopping.ts'

/** A completion in the making. */
export interface Sequence {
  readonly tokens: Array<number>
  readonly logProbs: Array<number>
  readonly random: Random
  readonly drawing: Drawing
  finish: Finish | undefined
}

/** A prompt being decoded, and the sequences in the batch's sample slots. */
export interface Row {
  readonly prompt: ProcessedPrompt
  readonly slots: ReadonlyArray<Sequence>
}

/** The draws of one sample: fixed by the prompt's own seed, or by the common one and the prompt's place. */
const streamOf = ({ seed, seeds }: Sampling, place: number, sample: number): Random => {
  const own = seeds?.[place]
  return own === undefined ? random('sample', seed, place, sample) : random('sample', own, sample)
}

/** A row whose sequences have drawn nothing yet. `place` is the prompt's place in the list that was asked for. */
export const startRow = (prompt: ProcessedPrompt, place: number, sampling: Sampling): Row => ({
  prompt,
  slots: Array.from({ length: sampling.n }, (_, sample) => ({
    tokens: [],
    logProbs: [],
    random: streamOf(sampling, place, sample),
    drawing: sampling.greedyFirst === true && sample === 0 ? { ...sampling, greedy: true } : sampling,
    finish: undefined,
  })),
})

/** Whether some sequence still has tokens to draw. */
export const unfinished = (rows: ReadonlyArray<Row>): boolean =>
  rows.some(({ slots }) => slots.some(({ finish }) => finish === undefined))

/**
 * The inputs of one decoding step besides weights and cache: each sequence's latest token, at first the prompt's last.
 * `promptLength` is the padded length of what was prefilled.
 */
export const stepFeeds = (model: Model, rows: ReadonlyArray<Row>, promptLength: number): Tensors => {
  const samples = rows[0]!.slots.length
  const half = model.text.headDim / 2
  const ids = new BigInt64Array(rows.length * samples)
  const scale = new Float32Array(ids.length)
  const cos = new Float32Array(ids.length * half)
  const sin = new Float32Array(ids.length * half)
  rows.forEach(({ prompt, slots }, row) => {
    const before = prompt.inputIds.length - 1
    slots.forEach(({ tokens, drawing }, sample) => {
      scale[row * samples + sample] = inverseTemperature(drawing)
      ids[row * samples + sample] = BigInt(tokens.at(-1) ?? prompt.inputIds[before]!)
    })
    // All live sequences of a batch have drawn the same number of tokens; finished ones compute nothing of use.
    const drawn = slots.reduce((most, { tokens }) => Math.max(most, tokens.length), 0)
    const tables = model.angles(textPositions(prompt.positions[before]! + drawn, 1))
    for (let sample = 0; sample < samples; sample++) {
      cos.set(tables.cos, (row * samples + sample) * half)
      sin.set(tables.sin, (row * samples + sample) * half)
    }
  })
  const mask = paddingMask(
    rows.map(({ prompt }) => prompt.inputIds.length - 1),
    promptLength,
  )
  return {
    ids: tensor('int64', ids, [rows.length, samples]),
    cos: tensor('float32', cos, [rows.length, samples, half]),
    sin: tensor('float32', sin, [rows.length, samples, half]),
    inverse_temperature: tensor('float32', scale, [rows.length, samples, 1]),
    prompt_mask: tensor('float32', mask, [rows.length, 1, 1, promptLength]),
  }
}

/** Draws the next token of every unfinished sequence from shares [rows, samples, V]. */
export const drawAll = (
  rows: ReadonlyArray<Row>,
  shares: Float32Array,
  vocabulary: number,
  banned: ReadonlySet<number>,
  rule: StopRule,
): void => {
  rows.forEach(({ slots }, row) => {
    slots.forEach((slot, sample) => {
      if (slot.finish !== undefined) return
      const at = (row * slots.length + sample) * vocabulary
      const { token, logProb } = drawToken(shares, at, vocabulary, slot.drawing, banned, slot.random)
      slot.tokens.push(token)
      slot.logProbs.push(logProb)
      slot.finish = finishOf(slot.tokens, rule)
    })
  })
}

/** Drops finished rows and samples when that shrinks the batch by a quarter; returns the rows still to be decoded. */
export const compact = (rows: ReadonlyArray<Row>, cache: DecodingCache): ReadonlyArray<Row> => {
  const live = rows.map(({ slots }) => slots.flatMap((slot, i) => (slot.finish === undefined ? [i] : [])))
  const kept = rows.flatMap((_, row) => (live[row]!.length > 0 ? [row] : []))
  const samples = live.reduce((most, one) => Math.max(most, one.length), 0)
  if (kept.length * samples > 0.75 * rows.length * cache.size.samples) return rows
  // Rows with fewer live sequences keep some finished ones as filling.
  const chosen = kept.map((row) => {
    const finished = rows[row]!.slots.flatMap((slot, i) => (slot.finish === undefined ? [] : [i]))
    return [...live[row]!, ...finished].slice(0, samples)
  })
  cache.keep(kept, chosen)
  return kept.map((row, index) => ({
    ...rows[row]!,
    slots: chosen[index]!.map((sample) => rows[row]!.slots[sample]!),
  }))
}
