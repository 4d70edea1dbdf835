import { concat, type Graph, type Value } from '../../../graph/index.ts'
import type { ForwardInputs, FrameInputs, Weights } from '../contract.ts'
import { type DecoderSettings, decode, embed, inject } from './decoder.ts'

export interface VisionOutputs {
  /** [F * h * w / merge^2, D]: one row for each video token, in the order of the tokens. */
  readonly tokens: Value
  /** Features of the same shape to be added after the first decoder layers; empty where there are none. */
  readonly deepstack: ReadonlyArray<Value>
}

/** A vision tower over frames of one size. */
export type Tower = (graph: Graph, weights: Weights, frames: FrameInputs) => VisionOutputs

const joined = (values: ReadonlyArray<Value>): Value => concat(values, 0)

/** Embeds the tokens, puts what the tower sees in the place of the video tokens, and decodes. */
export const seeAndDecode =
  (settings: DecoderSettings, tower: Tower) =>
  (graph: Graph, weights: Weights, { ids, frames, ...inputs }: ForwardInputs): Value => {
    const seen = frames.map((one) => ({ ...tower(graph, weights, one), rows: one.rows }))
    const embeddings = seen.reduce(
      (before, { rows, tokens }) => inject(before, rows, tokens),
      embed(settings, weights, ids),
    )
    const levels = seen[0]?.deepstack.length ?? 0
    const deepstack =
      levels === 0
        ? undefined
        : {
            rows: joined(seen.map(({ rows }) => rows)),
            features: Array.from({ length: levels }, (_, level) =>
              joined(seen.map((one) => one.deepstack[level]!)),
            ),
          }
    return decode(settings, weights, { ...inputs, embeddings, deepstack })
  }
