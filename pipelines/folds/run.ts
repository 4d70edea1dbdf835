import { join, resolve } from 'node:path'
import { Clock, Effect, Stream } from 'effect'
import { agents } from '../../agents/index.ts'
import { IncompleteError, InputError, Progress } from '../../core/index.ts'
import { holdFolder } from '../../files/index.ts'
import {
  breakLeases,
  type Counts,
  claimSlice,
  type Driven,
  drive,
  type ExecutorName,
  type ExecutorSettings,
  executors,
  type FoldReport,
  type FoldTask,
  holderOfSamples,
  type PlannedFold,
  readManifest,
  recordPlan,
} from '../../folds/index.ts'
import type { StoreError } from '../../store/index.ts'
import { checkSettings } from './check.ts'
import { describeGaps } from './gaps.ts'
import { agentFolder, makePlan, type PlanOptions } from './plan.ts'
import { totalOf } from './report.ts'
import { reportFolds } from './status.ts'

export interface RunFoldsOptions extends PlanOptions {
  /** The agent's settings, to refuse settings that differ from the run's before anything is started. */
  readonly settings: { readonly [name: string]: unknown }
  readonly executor: ExecutorName
  readonly execution: Omit<ExecutorSettings, 'run' | 'cwd'>
  /** The command of a fold, program first. */
  readonly command: (fold: number, foldSize: number) => ReadonlyArray<string>
  /** Most attempts at a fold that is lost or fails. */
  readonly attempts: number
  /** Run, instead of unfinished folds, the finished ones that have failed or absent samples. */
  readonly retry?: boolean
  /** Take over the folds from other holders. */
  readonly breakLease?: boolean
  /** Milliseconds between two attempts. */
  readonly pause?: number
}

export interface FoldsSummary extends Omit<Counts, 'done'> {
  readonly folds: number
  /** Folds that had a manifest before, and those that have one now. */
  readonly before: number
  readonly finished: number
  /** Attempts that were lost or failed and were repeated. */
  readonly again: number
  readonly done: number
  readonly seconds: number
}

/** One line about the end of an attempt; null if it finished normally. */
const lineOf = ({ task, fate, end, code, detail }: Driven): string | null => {
  const how = end === 'exited' ? `exit code ${code}: ${detail}` : `${end}: ${detail}`
  switch (fate) {
    case 'finished':
      return null
    case 'again':
      return `${task.name} ended unfinished (${how}); restarting it`
    case 'held':
      return `${task.name} is held by another process; waiting for it (${detail})`
    case 'refused':
    case 'given up':
      return `${task.name} is ${fate} (${how}); its log is ${task.log}`
  }
}

/**
 * Runs the folds of a dataset that are not finished, through an executor, each by its own command. One such driver
 * works on a split of a run at a time; folds held by other processes are waited for. Finished samples keep their
 * verdicts, whatever the fold size or executor they were processed with.
 */
export const runFolds = Effect.fn('Pipelines.runFolds')(function* (options: RunFoldsOptions) {
  const started = yield* Clock.currentTimeMillis
  const run = resolve(options.run)
  const { agent, retry = false } = options
  const { file, planned, slice } = yield* makePlan(options)
  yield* checkSettings(options)
  const folder = yield* claimSlice(agentFolder(run, agent), slice)
  if (options.breakLease === true) yield* breakLeases(folder)
  return yield* Effect.scoped(
    Effect.gen(function* () {
      yield* holdFolder(folder, `folds run of ${agent} (${folder})`)
      yield* recordPlan(folder, file, planned)
      const manifests = yield* Effect.forEach(file.folds, (fold) => readManifest(folder, fold))
      const wanted = file.folds.filter((_, index) => {
        const counts = manifests[index]?.counts
        return retry ? counts !== undefined && counts.failed + counts.absent > 0 : counts === undefined
      })
      const known = new Map<string, FoldReport>()
      const reports = reportFolds({ folder, file }, known)
      const ends: Array<Driven> = []
      if (wanted.length > 0) {
        const executor = yield* executors[options.executor]({
          ...{ ...options.execution, run, cwd: process.cwd() },
        })
        const byFoldTask = new Map<number, PlannedFold>(wanted.map((fold) => [fold.index, fold]))
        const progress = yield* Progress
        let shown = ''
        const show = Effect.flatMap(reports, (all) => {
          const { done, planned, failed, states } = totalOf(all)
          const note = `${states.done} of ${all.length} folds, ${states.running} running`
          const text = `${done} ${failed} ${note}`
          if (text === shown) return Effect.void
          shown = text
          return progress.report({ label: agents[agent].name, done, total: planned, failed, note })
        })
        yield* Effect.forkScoped(
          Effect.forever(Effect.andThen(Effect.ignore(show), Effect.sleep('1 second'))),
        )
        yield* drive(
          executor,
          wanted.map(({ index }): FoldTask => {
            const name = `${agent}-${String(index).padStart(5, '0')}`
            const command = options.command(index, file.foldSize)
            return { fold: index, name, command, log: join(run, 'logs', `${name}.log`) }
          }),
          {
            attempts: options.attempts,
            pause: options.pause ?? 1000,
            finished: ({ fold }) =>
              Effect.map(readManifest(folder, byFoldTask.get(fold)!), (manifest) => manifest !== null),
            held: ({ fold }) =>
              Effect.map(holderOfSamples(folder, byFoldTask.get(fold)!), (holder) => holder !== null),
          },
        ).pipe(
          Stream.runForEach((driven) => {
            ends.push(driven)
            const line = lineOf(driven)
            return line === null ? Effect.void : Effect.logWarning(line)
          }),
        )
        yield* Effect.ignore(show)
      }
      const total = totalOf(yield* reports)
      const summary: FoldsSummary = {
        folds: file.folds.length,
        before: manifests.filter((manifest) => manifest !== null).length,
        finished: total.states.done,
        again: ends.filter(({ fate }) => fate === 'again').length,
        ...{ planned: total.planned, done: total.done, kept: total.kept, dropped: total.dropped },
        ...{ failed: total.failed, absent: total.absent },
        duplicates: file.folds.reduce((sum, { duplicates }) => sum + duplicates, 0),
        seconds: ((yield* Clock.currentTimeMillis) - started) / 1000,
      }
      const unfinished = ends.filter(({ fate }) => fate === 'refused' || fate === 'given up')
      const first = unfinished.find(({ code }) => code === 2) ?? unfinished[0]
      return { summary, first, unfinished: unfinished.length }
    }),
  )
}) satisfies (
  options: RunFoldsOptions,
) => Effect.Effect<
  { readonly summary: FoldsSummary; readonly first: Driven | undefined; readonly unfinished: number },
  InputError | StoreError
>

/** The error that a run of folds ends with, or null if everything was done. */
export const faultOf = (
  command: 'run' | 'retry',
  { agent, run }: { readonly agent: string; readonly run: string },
  { summary, first, unfinished }: Effect.Success<ReturnType<typeof runFolds>>,
): InputError | IncompleteError | null => {
  const subject = first === undefined ? `folds ${command} of ${agent}` : first.task.name
  if (first !== undefined) {
    const fault = {
      subject,
      problem: `${first.detail || 'did not finish'}${unfinished > 1 ? ` (and ${unfinished - 1} more folds)` : ''}`,
      remedy: `see ${first.task.log}; start again; finished work is kept`,
    }
    return first.code === 2 ? new InputError(fault) : new IncompleteError(fault)
  }
  const gaps = describeGaps(summary, run)
  return gaps === null
    ? null
    : new IncompleteError({
        subject,
        problem: gaps.problem,
        remedy: `${gaps.listed}; fix them, then run "spanwise folds retry" with the same flags`,
      })
}
