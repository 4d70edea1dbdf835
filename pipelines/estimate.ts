import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { agents, type LookSettings } from '../agents/index.ts'
import { counted, InputError, mean, type Sample, spreadOver, type Task } from '../core/index.ts'
import { listFolder, locate, readJson } from '../files/index.ts'
import {
  defaultFoldSize,
  foldAt,
  listSlices,
  manifestSchema,
  missingKeys,
  planSamples,
  readStatus,
  sliceOf,
} from '../folds/index.ts'
import { type ModelProfile, replyPlan, sightOf } from '../models/index.ts'
import { Videos } from '../video/index.ts'
import { type AgentCommand, agentFolder, sliceFolder, wantedSamples } from './folds/plan.ts'
import { parseSettings } from './settings.ts'
import { type DatasetSource, loadSource } from './source.ts'

/** Number of videos, spread over the samples, that are probed for the size of a prompt. */
const probes = 8

/** Approximate number of text tokens around a clip. */
const textTokens = 120

/** Measurements of a run: samples processed, seconds of work, and their cost. */
export interface Measured {
  readonly samples: number
  /** Samples per second. */
  readonly rate: number
  /** Per sample; null if the backend does not report usage. */
  readonly requests: number | null
  readonly promptTokens: number | null
  readonly completionTokens: number | null
}

/** The work of a run of an agent. Numbers of requests and tokens are estimates. */
export interface WorkPlan {
  readonly dataset: string
  readonly split: string
  /** Samples to be done, duplicates not counted, and those of them without a verdict. */
  readonly planned: number
  readonly todo: number
  readonly videos: number
  readonly missingVideos: number
  readonly requests: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly measured: Measured | null
  /** Null if no rate has been measured in this run. */
  readonly hours: number | null
}

export interface PlanWorkOptions extends DatasetSource {
  readonly agent: AgentCommand
  readonly run: string
  readonly videos: string
  readonly settings: { readonly [name: string]: unknown }
  readonly profile: ModelProfile
  readonly medium: 'video' | 'pictures'
  /** One fold; every sample without it. */
  readonly fold?: number
  readonly foldSize?: number
  readonly sample?: number
  readonly limit?: number
  readonly tasks?: ReadonlyArray<Task>
}

const usage = z.object({ requests: z.number(), promptTokens: z.number(), completionTokens: z.number() })

/** What finished and interrupted folds of an agent measured, over all splits and fold sizes. */
const measuredIn = Effect.fn('Pipelines.measuredIn')(function* (folder: string) {
  const sum = { samples: 0, seconds: 0, counted: 0, requests: 0, promptTokens: 0, completionTokens: 0 }
  for (const slice of yield* listSlices(folder))
    for (const name of (yield* listFolder(slice.folder)).filter((one) => one.startsWith('fold-'))) {
      const fold = join(slice.folder, name)
      const manifest = yield* readJson(join(fold, 'manifest.json'), manifestSchema)
      const status = manifest === null ? yield* readStatus(fold) : null
      const samples = manifest?.looked ?? (status === null ? 0 : status.done - status.from)
      if (samples === 0) continue
      sum.samples += samples
      sum.seconds += manifest?.seconds ?? (status === null ? 0 : (status.updated - status.started) / 1000)
      const cost = usage.safeParse(manifest?.usage)
      if (!cost.success) continue
      sum.counted += samples
      sum.requests += cost.data.requests
      sum.promptTokens += cost.data.promptTokens
      sum.completionTokens += cost.data.completionTokens
    }
  if (sum.samples === 0 || sum.seconds === 0) return null
  const each = (total: number) => (sum.counted === 0 ? null : total / sum.counted)
  return {
    samples: sum.samples,
    rate: sum.samples / sum.seconds,
    requests: each(sum.requests),
    promptTokens: each(sum.promptTokens),
    completionTokens: each(sum.completionTokens),
  } satisfies Measured
})

/** What the settings of an agent say of its cost. */
const costOf = z.object({
  votes: z.number().optional(),
  rollouts: z.number().optional(),
  tries: z.number().optional(),
  maxTokens: z.number().optional(),
})

/** Requests and replies of a sample by the settings: one greedy, the others in one request; a proposal is one more. */
const requestsOf = (agent: AgentCommand, settings: LookSettings) => {
  const { votes = 1, rollouts = votes, tries = rollouts, maxTokens } = costOf.parse(settings)
  return { requests: Math.min(tries, 2) + (agent === 'bra' ? 1 : 0), replies: tries, maxTokens }
}

/** Vision tokens of a sample's clip, the mean of some that can be opened; 0 where none can. */
const visionTokens = Effect.fnUntraced(function* (
  samples: ReadonlyArray<Sample>,
  { videos, profile, medium }: PlanWorkOptions,
) {
  const service = yield* Videos
  const files = [...new Set(samples.map(({ file }) => file))]
  const found: Array<number> = []
  for (const file of spreadOver(files, probes)) {
    const info = yield* service.probe(locate(videos, file)).pipe(Effect.orElseSucceed(() => null))
    if (info === null) continue
    const sight = sightOf(profile.view, info)
    found.push(medium === 'video' ? sight.videoTokens : sight.pictureTokens)
  }
  return mean(found)
})

/** The planned work, without a model request: samples, requests, tokens, and hours if a rate was measured. */
export const planWork = Effect.fn('Pipelines.planWork')(function* (options: PlanWorkOptions) {
  const { agent, run, profile } = options
  const { command, settings: schema, defaults } = agents[agent]
  const settings = yield* parseSettings<LookSettings>(command, schema, {
    ...defaults(profile),
    ...options.settings,
  })
  const { samples } = yield* wantedSamples((yield* loadSource(options)).samples, agents[agent], options)
  const size = options.foldSize ?? defaultFoldSize
  const fold =
    options.fold === undefined
      ? { index: 0, start: 0, end: samples.length }
      : foldAt(samples.length, size, options.fold)
  if (fold instanceof InputError) return yield* fold
  const { planned } = planSamples(samples, fold)
  const folder = yield* sliceFolder(run, agent, sliceOf(samples))
  const keys = planned.map(({ key }) => key)
  const missing = yield* missingKeys(agentFolder(run, agent), folder, keys)
  const files = [...new Set(planned.map(({ sample }) => sample.file))]
  const measured = yield* measuredIn(agentFolder(run, agent))
  const assumed = requestsOf(agent, settings)
  const vision = yield* visionTokens(
    planned.map(({ sample }) => sample),
    options,
  )
  const requests = measured?.requests ?? assumed.requests
  const promptTokens = measured?.promptTokens ?? assumed.requests * (vision + textTokens)
  const completionTokens =
    measured?.completionTokens ??
    assumed.replies * (assumed.maxTokens ?? replyPlan(profile, 'grounding').maxTokens)
  const todo = missing.size
  return {
    ...sliceOf(samples),
    ...{ planned: planned.length, todo, videos: files.length },
    missingVideos: files.filter((file) => !existsSync(locate(options.videos, file))).length,
    requests: Math.round(todo * requests),
    promptTokens: Math.round(todo * promptTokens),
    completionTokens: Math.round(todo * completionTokens),
    measured,
    hours: measured === null ? null : todo / measured.rate / 3600,
  } satisfies WorkPlan
})

const short = (count: number): string =>
  count >= 1e6
    ? `${(count / 1e6).toPrecision(3)}M`
    : count >= 1e4
      ? `${Math.round(count / 1e3)}k`
      : String(count)

const time = (hours: number): string =>
  hours >= 1 ? `${hours.toPrecision(2)} h` : `${Math.max(1, Math.round(60 * hours))} min`

/** A work plan for people; `again` is the command that measures a rate. Where nothing is left, no cost is stated. */
export const planLines = (plan: WorkPlan, again: string): ReadonlyArray<string> => [
  `${plan.dataset} ${plan.split}: ${counted(plan.planned, 'sample')} of ${counted(plan.videos, 'video')}${plan.missingVideos > 0 ? ` (${plan.missingVideos} missing)` : ''}, ${plan.todo} to do`,
  ...(plan.todo === 0 ? [] : costLines(plan, again)),
]

const costLines = (plan: WorkPlan, again: string): ReadonlyArray<string> => [
  `requests: about ${short(plan.requests)}`,
  `tokens: about ${short(plan.promptTokens)} in, ${plan.measured?.completionTokens == null ? 'at most' : 'about'} ${short(plan.completionTokens)} out`,
  plan.measured === null || plan.hours === null
    ? `time: no rate has been measured in this run; measure one with: ${again}`
    : `time: about ${time(plan.hours)} at ${plan.measured.rate.toPrecision(3)} samples/s, measured on ${plan.measured.samples} samples of this run`,
]
