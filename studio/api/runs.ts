import { z } from 'zod'
import { cellSchema } from './common.ts'

/** What a folder holds: verdicts of agents, a training, or the answers of one model to one benchmark. */
export const runKinds = ['curation', 'training', 'evaluation'] as const

/** `GET /api/runs`: one entry of the list. */
export const runSchema = z.object({
  /** Names the run in every other path; letters, digits, `.`, `-` and `_` only. */
  id: z.string(),
  kind: z.enum(runKinds),
  /** Folder below the opened one, for people, e.g. `demo/curation`. */
  name: z.string(),
  /** Time of the latest change, milliseconds since 1970. */
  modified: z.number(),
  /** Whether a process writes to it at present. */
  live: z.boolean(),
})
export type Run = z.output<typeof runSchema>

export const runsSchema = z.object({
  version: z.string(),
  /** The folder that was opened, for people. */
  folder: z.string(),
  /** The run that the page opens first; null where there is none. */
  home: z.string().nullable(),
  /** Suggested name of the reviewer. */
  reviewer: z.string(),
  /** Newest first. */
  runs: z.array(runSchema).readonly(),
})
export type Runs = z.output<typeof runsSchema>

/** A column of a table, with DuckDB's name of its type, e.g. `DOUBLE[]`. */
export const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  comment: z.string(),
  /** A histogram can be drawn of it. */
  numeric: z.boolean(),
})
export type Column = z.output<typeof columnSchema>

/** `GET /api/runs/RUN`: what one run holds. */
export const runDetailSchema = z.object({
  run: runSchema,
  /** Of a curation: rows of `GET .../table`, by relation (`samples` first); empty otherwise. */
  relations: z
    .array(z.object({ name: z.string(), comment: z.string(), columns: z.array(columnSchema).readonly() }))
    .readonly(),
  /** Verdicts by agent, dataset, split and outcome. */
  summary: z
    .array(
      z.object({
        agent: z.string(),
        dataset: z.string(),
        split: z.string(),
        outcome: z.string(),
        verdicts: z.number(),
      }),
    )
    .readonly(),
  /** Of a curation: samples in the present plans of each agent. Those without a verdict yet are in no relation. */
  planned: z.array(z.object({ agent: z.string(), samples: z.number() })).readonly(),
  /** Names of the curated datasets in the run. */
  curations: z.array(z.string()).readonly(),
  /** Who has decided about samples of the run. */
  reviewers: z.array(z.string()).readonly(),
  /** Manifest or settings, for people. */
  settings: cellSchema,
})
export type RunDetail = z.output<typeof runDetailSchema>
