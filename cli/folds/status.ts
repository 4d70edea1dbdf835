import { Console, Effect } from 'effect'
import { Command, Flag } from 'effect/cli'
import { plainJson } from '../../core/index.ts'
import type { FoldReport } from '../../folds/index.ts'
import { metricsText } from '../../pipelines/folds/prometheus.ts'
import { statusTable, totalOf } from '../../pipelines/folds/report.ts'
import { type AgentStatus, runStatus } from '../../pipelines/folds/status.ts'
import { runOf } from '../dataset.ts'
import { json, port } from '../flags.ts'
import { which } from './merge.ts'

const asJson = (run: string, standing: ReadonlyArray<AgentStatus>) =>
  plainJson({
    run,
    agents: standing.map(({ folds, ...about }) => ({ ...about, total: totalOf(folds), folds })),
  })

const table = (standing: ReadonlyArray<AgentStatus>): string =>
  standing.map(({ agent, split, folds }) => statusTable(`${agent} ${split}`, folds).join('\n')).join('\n\n')

const terminal = process.stdout.isTTY === true

export const status = Command.make(
  'status',
  {
    ...which,
    json,
    watch: Flag.Boolean('watch').pipe(
      Flag.withDescription('update the table until every fold is done'),
      Flag.withDefault(false),
    ),
    prometheus: port(
      'prometheus',
      'serve /metrics on this port of 127.0.0.1 until interrupted; 0 for any free port',
    ),
  },
  Effect.fn(function* (input) {
    const run = yield* runOf(input)
    const known = new Map<string, FoldReport>()
    const read = runStatus(run, known)
    const show = Effect.tap(read, (standing) => {
      // Not through the console, which removes escape sequences.
      if (input.watch && terminal && !input.json) process.stdout.write('\u001b[H\u001b[2J')
      return Console.log(input.json ? asJson(run, standing) : table(standing))
    })
    if (input.prometheus._tag === 'Some') {
      // Imported only here, because loading a server slows every other start.
      const { serveMetrics } = yield* Effect.promise(() => import('../../pipelines/folds/serve.ts'))
      const url = yield* serveMetrics(input.prometheus.value, Effect.map(read, metricsText))
      yield* Console.error(`metrics: ${url}`)
    }
    let standing = yield* show
    const unfinished = () => standing.some(({ folds }) => folds.some(({ state }) => state !== 'done'))
    while (input.watch && unfinished()) {
      yield* Effect.sleep(terminal || input.json ? '2 seconds' : '10 seconds')
      standing = yield* show
    }
    if (input.prometheus._tag === 'Some') return yield* Effect.never
  }, Effect.scoped),
).pipe(
  Command.withDescription('Show the progress of the folds of a run'),
  Command.withExamples([
    {
      command: 'spanwise folds status --run runs/cosmo_cap --watch',
      description: 'a table that is kept up to date',
    },
    {
      command: 'spanwise folds status --run runs/cosmo_cap --prometheus 9464',
      description: 'metrics for Prometheus',
    },
  ]),
)
