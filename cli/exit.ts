import { Cause, Exit, Runtime } from 'effect'
import { spanwiseCommand } from '../core/index.ts'
import { clearProgress } from './display.ts'

/** Milliseconds that output may still take once the user has interrupted. */
const patience = 1000

/** Whether what reads this stream is gone: a pipe that was closed, a terminal that was. */
const gone = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])

/** Everything written so far has left the process, or nobody reads it any more. */
const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve()
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })

/** Commands that go on from where they were stopped. */
const resumable = new Set(['bra', 'dea', 'folds', 'train', 'eval', 'demo'])

/** What an interrupted user is told: how to go on. */
const interrupted = (words: ReadonlyArray<string>): string =>
  resumable.has(words[0] ?? '')
    ? `spanwise: interrupted; what is finished is kept, go on with: ${spanwiseCommand(...words)}\n`
    : 'spanwise: interrupted\n'

/**
 * Ends the process with the exit code of the program, after all of its output has been read: `process.exit` throws away
 * what a pipe has not taken yet.
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

/** A closed terminal asks to end as SIGTERM does, and output that nobody reads any more is no error. */
export const followTerminal = (): void => {
  process.once('SIGHUP', () => process.emit('SIGTERM'))
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!gone.has(error.code ?? '')) throw error
    })
}
