import { Cause, Exit, Runtime } from 'effect'
import { spanwiseCommand } from '../core/index.ts'
import { clearProgress } from './display.ts'

/** Milliseconds allowed for pending output after an interruption. */
const patience = 1000

/** Whether the reader of this stream is gone: a closed pipe or terminal. */
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])

/** Waits until all output has left the process, or its reader is gone. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve()
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })

/** Commands that resume where they were stopped. */
const resumable = new Set(['bra', 'dea', 'cot', 'folds', 'train', 'eval'])

/** The message after an interruption: how to continue. */
const interrupted = (words: ReadonlyArray<string>): string =>
  resumable.has(words[0] ?? '')
    ? `spanwise: interrupted; finished work is kept, continue with: ${spanwiseCommand(...words)}\n`
    : 'spanwise: interrupted\n'

/**
 * Ends the process with the exit code of the program, after all of its output has been read: `process.exit` discards
 * what is still in a pipe's buffer.
 */
export const teardown: Runtime.Teardown = (exit, onExit) => {
  const stopped = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
  if (stopped) {
    clearProgress()
    process.stderr.write(interrupted(process.argv.slice(2)))
  }
  Runtime.defaultTeardown(exit, (code) => {
    process.exitCode = code
    const end = () => onExit(code)
    if (stopped) setTimeout(end, patience)
    void Promise.all([drained(process.stdout), drained(process.stderr)]).then(end)
  })
}

/** A closed terminal ends the process as SIGTERM does, and output without a reader is not an error. */
export const followTerminal = (): void => {
  process.once('SIGHUP', () => process.emit('SIGTERM'))
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!gone.has(error.code ?? '')) throw error
    })
}
