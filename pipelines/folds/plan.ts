import { join, resolve } from 'node:path'
import { Effect } from 'effect'
import { agents } from '../../agents/index.ts'
import { InputError, random, type Sample, type Task } from '../../core/index.ts'
import {
  defaultFoldSize,
  findSlice,
  listSlices,
  type PlanFile,
  type Planned,
  planAll,
  planHash,
  recordedPlan,
  type Slice,
  sliceOf,
} from '../../folds/index.ts'
import { type DatasetSource, loadSource } from '../source.ts'

/** The command of an agent. */
export type AgentCommand = keyof typeof agents

export interface PlanOptions {
  readonly agent: AgentCommand
  readonly source: DatasetSource
  /** Folder of the run. */
  readonly run: string
  readonly foldSize?: number
  /** Samples of these tasks are planned; by default of the first that the agent can process and there is. */
  readonly tasks?: ReadonlyArray<Task>
  /** Only so many of them, drawn at random: the same for every agent, and a smaller draw is a part of a larger one. */
  readonly sample?: number
  /** Only the first of them, or of those drawn, if given. */
  readonly limit?: number
}

export interface Plan {
  readonly file: PlanFile
  readonly planned: ReadonlyArray<Planned>
  readonly slice: Slice
}

/** The agent's folder of a run. */
export const agentFolder = (run: string, agent: AgentCommand): string => join(run, agents[agent].name)

/** `count` of the samples drawn at random, in their order. */
const drawn = (samples: ReadonlyArray<Sample>, count: number): ReadonlyArray<Sample> => {
  const places = random('plan').shuffle(samples.map((_, place) => place))
  const chosen = new Set(places.slice(0, count))
  return samples.filter((_, place) => chosen.has(place))
}

/**
 * The samples of a reading that an agent is to see, and their tasks. An InputError for a task that it cannot process, and
 * where there are none.
 */
export const wantedSamples = (
  samples: ReadonlyArray<Sample>,
  agent: { readonly command: string; readonly tasks: ReadonlyArray<Task> },
  { tasks, sample: count, limit }: Pick<PlanOptions, 'tasks' | 'sample' | 'limit'>,
): Effect.Effect<
  { readonly samples: ReadonlyArray<Sample>; readonly tasks: ReadonlyArray<Task> },
  InputError
> => {
  const possible = agent.tasks
  const unable = tasks?.find((task) => !possible.includes(task))
  if (unable !== undefined)
    return Effect.fail(
      new InputError({
        subject: '--task',
        problem: `${agent.command} does not process samples of ${unable}`,
        remedy: `choose ${possible.join(' or ')}`,
      }),
    )
  const present = possible.find((task) => samples.some((sample) => sample.task === task)) ?? possible[0]!
  const chosen = tasks ?? [present]
  const suited = samples.filter(({ task }) => chosen.includes(task))
  const wanted = (count === undefined ? suited : drawn(suited, count)).slice(0, limit)
  if (wanted.length === 0)
    return Effect.fail(
      new InputError({
        subject: samples[0] === undefined ? '--dataset' : `dataset ${samples[0].dataset}`,
        problem: `has no samples for this agent: ${agent.command} asks about ${(tasks ?? possible).join(' or ')}`,
        remedy: 'check --dataset, --split and the annotation files',
      }),
    )
  return Effect.succeed({ samples: wanted, tasks: chosen })
}

/** Cuts samples into folds. `loaded` are those that the agent is to see. */
export const planOf = (
  loaded: {
    readonly samples: ReadonlyArray<Sample>
    readonly provenance: { readonly [name: string]: string }
  },
  {
    source,
    foldSize = defaultFoldSize,
    tasks,
    sample,
    limit,
  }: Omit<PlanOptions, 'run' | 'agent' | 'tasks'> & { readonly tasks: ReadonlyArray<Task> },
): Plan => {
  const cut = planAll(loaded.samples, foldSize)
  const planned = cut.flatMap((fold) => fold.planned)
  const slice = sliceOf(loaded.samples)
  const { annotations, form, policy, cleaning } = source
  const { files } = loaded.provenance
  const file: PlanFile = {
    version: 1,
    source: {
      ...{ ...slice, annotations: resolve(annotations) },
      ...(form === undefined ? {} : { form }),
      ...(policy === undefined ? {} : { policy }),
      ...(cleaning === undefined ? {} : { cleaning }),
    },
    ...(files === undefined ? {} : { files }),
    tasks: [...tasks],
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
    foldSize,
    keys: planHash(planned),
    folds: cut.map(({ fold, planned, duplicates }) => ({
      ...fold,
      ...{ planned: planned.length, duplicates, plan: planHash(planned) },
    })),
  }
  return { file, planned, slice }
}

/** Cuts a dataset into folds as the agent's command would. */
export const makePlan = Effect.fn('Pipelines.makePlan')(function* (options: PlanOptions) {
  const { source } = options
  const { samples, provenance } = yield* loadSource(source)
  const wanted = yield* wantedSamples(samples, agents[options.agent], options)
  return planOf({ samples: wanted.samples, provenance }, { ...options, tasks: wanted.tasks })
})

/** The folder of a slice's folds, which need not exist. */
export const sliceFolder = (run: string, agent: AgentCommand, slice: Slice) =>
  findSlice(agentFolder(run, agent), slice)

/** A slice of which an agent's folder has a plan. */
export interface PlannedSlice {
  readonly folder: string
  readonly file: PlanFile
}

/** Every plan that was recorded for an agent of a run. */
export const recordedPlans = Effect.fn('Pipelines.recordedPlans')(function* (
  run: string,
  agent: AgentCommand,
) {
  const plans: Array<PlannedSlice> = []
  for (const { folder } of yield* listSlices(agentFolder(run, agent))) {
    const file = yield* recordedPlan(folder)
    if (file !== null) plans.push({ folder, file })
  }
  return plans
}) satisfies (run: string, agent: AgentCommand) => Effect.Effect<ReadonlyArray<PlannedSlice>, InputError>

/** The refusal where no plan was recorded. */
export const nothingPlanned = (run: string): InputError =>
  new InputError({
    subject: run,
    problem: 'no folds were planned here',
    remedy: 'start with "spanwise folds run" or "spanwise folds plan --record", or set --run to the folder',
  })

/** Plans again from the annotation files that a recorded plan names; refused where they have changed since. */
export const replan = Effect.fn('Pipelines.replan')(function* (
  run: string,
  agent: AgentCommand,
  file: PlanFile,
) {
  // JSON has no undefined: optional fields are present or absent.
  const source = file.source as DatasetSource
  const { foldSize, tasks, sample, limit } = file
  const plan = yield* makePlan({
    ...{ agent, run, source, foldSize, tasks },
    ...(sample === undefined ? {} : { sample }),
    ...(limit === undefined ? {} : { limit }),
  })
  if (plan.file.keys === file.keys) return plan
  return yield* new InputError({
    subject: source.annotations,
    problem: `has changed since the folds of ${agent} were planned`,
    remedy: 'run "spanwise folds run" again for the current annotations',
  })
})
