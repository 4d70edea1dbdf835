import { join, resolve } from 'node:path'
import { Effect } from 'effect'
import { z } from 'zod'
import { agents } from '../../agents/index.ts'
import { InputError, type Task, tasks } from '../../core/index.ts'
import { cleanings, policies } from '../../datasets/index.ts'
import { contentHash, readJson, writeJson } from '../../files/index.ts'
import { defaultFoldSize, type Planned, planAll } from '../../folds/index.ts'
import { type DatasetSource, loadSource } from '../source.ts'

const count = z.int().min(0)

/** `bra` or `dea`. */
export type AgentCommand = keyof typeof agents

/** What `RUN/<agent>/plan.json` holds: enough to say where the folds stand, and to plan again for a check. */
const planSchema = z.object({
  version: z.literal(1),
  source: z.object({
    dataset: z.string(),
    split: z.string(),
    annotations: z.string(),
    form: z.string().optional(),
    policy: z.enum(policies).optional(),
    cleaning: z.enum(cleanings).optional(),
  }),
  tasks: z.array(z.enum(tasks)),
  foldSize: z.int().min(1),
  /** Hash of every planned key in order. */
  keys: z.string(),
  folds: z.array(
    z.object({ index: count, start: count, end: count, planned: count, duplicates: count, plan: z.string() }),
  ),
})
export type PlanFile = z.output<typeof planSchema>

export interface PlanOptions {
  readonly agent: AgentCommand
  readonly source: DatasetSource
  /** Folder of the run. */
  readonly run: string
  readonly foldSize?: number
  /** Samples of these tasks are planned; grounding unless told otherwise. */
  readonly tasks?: ReadonlyArray<Task>
}

export interface Plan {
  readonly file: PlanFile
  readonly planned: ReadonlyArray<Planned>
}

/** The agent's folder of a run. */
export const agentFolder = (run: string, agent: AgentCommand): string => join(run, agents[agent].name)

const planPath = (run: string, agent: AgentCommand) => join(agentFolder(run, agent), 'plan.json')

/** Cuts a dataset into folds as `bra` and `dea` would. */
export const makePlan = Effect.fn('Pipelines.makePlan')(function* (options: PlanOptions) {
  const { source, foldSize = defaultFoldSize, tasks = ['grounding'] } = options
  const { samples } = yield* loadSource(source)
  const cut = planAll(
    samples.filter(({ task }) => tasks.includes(task)),
    foldSize,
  )
  if (cut.length === 0)
    return yield* new InputError({
      subject: `dataset ${source.dataset}`,
      problem: 'has no samples for this agent',
      remedy: 'check --dataset, --split and the annotation files',
    })
  const planned = cut.flatMap((fold) => fold.planned)
  const { dataset, split, annotations, form, policy, cleaning } = source
  const file: PlanFile = {
    version: 1,
    source: {
      ...{ dataset, split, annotations: resolve(annotations) },
      ...(form === undefined ? {} : { form }),
      ...(policy === undefined ? {} : { policy }),
      ...(cleaning === undefined ? {} : { cleaning }),
    },
    tasks: [...tasks],
    foldSize,
    keys: contentHash(planned.map(({ key }) => key)),
    folds: cut.map(({ fold, planned, duplicates }) => ({
      ...fold,
      ...{ planned: planned.length, duplicates, plan: contentHash(planned.map(({ key }) => key)) },
    })),
  }
  return { file, planned } satisfies Plan
})

/** Writes the plan that `folds status` and `folds merge` read; the latest start's stands. */
export const recordPlan = (run: string, agent: AgentCommand, file: PlanFile) =>
  writeJson(planPath(run, agent), file)

/** The plan that the latest start recorded, or null. */
export const recordedPlan = (run: string, agent: AgentCommand): Effect.Effect<PlanFile | null, InputError> =>
  readJson(planPath(run, agent), planSchema)

/** The refusal where no plan was recorded. */
export const nothingPlanned = (run: string): InputError =>
  new InputError({
    subject: run,
    problem: 'no folds were planned here',
    remedy:
      'begin with "spanwise folds run" or "spanwise folds plan --record", or give the folder with --run',
  })

/** Plans again from the annotation files that the recorded plan names; refused where they have changed since. */
export const replan = Effect.fn('Pipelines.replan')(function* (run: string, agent: AgentCommand) {
  const file = yield* recordedPlan(run, agent)
  if (file === null) return null
  // JSON has no undefined: what zod calls optional is either there or not.
  const source = file.source as DatasetSource
  const plan = yield* makePlan({ agent, run, source, foldSize: file.foldSize, tasks: file.tasks })
  if (plan.file.keys === file.keys) return plan
  return yield* new InputError({
    subject: source.annotations,
    problem: `is not what the folds of ${agent} were planned from`,
    remedy: 'run "spanwise folds run" again for the annotations as they are now',
  })
})
