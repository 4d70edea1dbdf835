import * as NodeServices from '@effect/platform-node/NodeServices'
import { Console, Effect, Layer, Logger, Runtime } from 'effect'
import { CliOutput, Command } from 'effect/cli'
import { plainLine, spanwiseCommand, typedCommands } from '../core/index.ts'
import { ModelError } from '../models/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { ownDatasets } from '../pipelines/config.ts'
import { Reported } from '../pipelines/source.ts'
import { commandsFor } from './commands.ts'
import { consoleLayer } from './console.ts'
import { clearProgress, displayLayer } from './display.ts'
import { refuseEmpty } from './empty.ts'
import { refuseUnknownSuite } from './eval/known.ts'

/** `did you mean --dataset?` after the problem, as in every other message. */
const problemOf = (message: string): string =>
  message
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\s*Did you mean this\? (.+?)$/, (_, name: string) => ` (did you mean ${name}?)`)

/** Warnings as plain lines on standard error, like errors. */
const warnings = Logger.make<unknown, void>(({ logLevel, message }) => {
  const text = oneLine((Array.isArray(message) ? message : [message]).map(String).join(' '))
  const kind = logLevel === 'Info' ? '' : `${logLevel === 'Warn' ? 'warning' : logLevel.toLowerCase()}: `
  clearProgress()
  console.error(`spanwise: ${kind}${text}`)
})

/** One line about an invalid command line, with a pointer to `--help`. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === 'InvalidInvocation'
      ? Console.error(
          `spanwise: ${event.errors.map((error) => problemOf(error.message)).join('; ')}; see "${spanwiseCommand(...event.commandPath.slice(1), '--help')}"`,
        )
      : // Help is trusted text, and its colours are escape sequences.
        Effect.provideService(CliOutput.defaultPresenter.present(event), Console.Console, console),
})

const rootFor = async (word?: string) =>
  Command.make('spanwise').pipe(
    Command.withDescription(packageJson.description),
    Command.withSubcommands(await commandsFor(word)),
  )

/** 0 done, 1 internal error, 2 invalid input, 3 incomplete, 130 interrupted. */
const exitCode = (error: unknown): number => {
  switch (tagOf(error)) {
    case 'ShowHelp':
    case 'InputError':
    case 'VideoError':
      return 2
    case 'IncompleteError':
      return 3
    case 'ModelError':
      return error instanceof ModelError && error.fatal === true && !error.retryable ? 2 : 3
    default:
      return 1
  }
}

const tagOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && '_tag' in error ? String(error._tag) : ''

const oneLine = (error: unknown): string =>
  typedCommands(plainLine(error instanceof Error ? error.message : String(error)))

/**
 * The command line as one effect. It fails with the printed error, which has its exit code.
 *
 * @param words of the command line, without node and script.
 */
export const program = (words: ReadonlyArray<string>) =>
  refuseEmpty(words).pipe(
    Effect.andThen(refuseUnknownSuite(words)),
    Effect.andThen(Effect.promise(() => rootFor(words[0]))),
    Effect.flatMap((root) => Command.runWith(root, { version: packageJson.version })(words)),
    // The stack trace is printed for the bug report.
    Effect.catchDefect((defect) =>
      Console.error(defect instanceof Error ? defect.stack : defect).pipe(
        Effect.andThen(Effect.fail(new Error(`internal error: ${oneLine(defect)}; please report it`))),
      ),
    ),
    Effect.tapError((error) =>
      tagOf(error) === 'ShowHelp' ? Effect.void : Console.error(`spanwise: ${oneLine(error)}`),
    ),
    Effect.mapError((error) =>
      Object.assign(new Error(oneLine(error)), {
        [Runtime.errorExitCode]: exitCode(error),
        [Runtime.errorReported]: false,
      }),
    ),
    Effect.provide(ownDatasets),
    Effect.provideService(Reported, new Set()),
    Effect.provide(
      Layer.mergeAll(NodeServices.layer, presenter, consoleLayer, displayLayer, Logger.layer([warnings])),
    ),
  )
