import { createContext, Script } from 'node:vm'
import { InputError } from '../../core/index.ts'

/** Whose code is run, for messages, and how long it may take. */
export interface Guard {
  readonly subject: string
  /** Seconds for one prompt; default 5, published templates and tokenizers take milliseconds. */
  readonly seconds?: number
}

const script = new Script('run()')
const context: { run: () => unknown } = { run: () => undefined }
createContext(context)

let limited = false

/**
 * Runs what a checkpoint brought along (a chat template, the regular expressions of a tokenizer), which may never end,
 * and stops it at the limit. Throws an `InputError` then. A call within another is under the outer one's limit: each limit
 * starts a thread, so many short calls are best put under one.
 */
export const withTimeLimit = <A>({ subject, seconds = 5 }: Guard, run: () => A): A => {
  if (limited) return run()
  context.run = run
  limited = true
  try {
    return script.runInContext(context, { timeout: 1000 * seconds })
  } catch (cause) {
    // The error belongs to the context's own realm.
    const { code } = Object(cause)
    if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause
    throw new InputError({
      subject,
      problem: `was stopped after ${seconds} seconds with one prompt`,
      remedy: 'restore the file as the model was published with it',
    })
  } finally {
    limited = false
  }
}
