import { Effect } from 'effect'
import { InputError } from '../core/index.ts'

/** The system's code of a file error (`ENOENT`), else its first line. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : (error instanceof Error ? error.message : String(error)).split('\n')[0]!

/** What a user can do about a file system error. */
const remedyOf = (code: string): string => {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free some space and start again; finished work is kept'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'change its permissions or choose another folder'
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return 'move the existing file or choose another folder'
    case 'ENAMETOOLONG':
      return 'choose a shorter name'
    default:
      return 'check the path or choose another folder'
  }
}

/** A file error as shown to the user: `PATH: cannot be written (ENOSPC); free some space ...`. */
export const fileError = (path: string, doing: string, error: unknown, remedy?: string): InputError => {
  const code = codeOf(error)
  return new InputError({
    subject: path,
    problem: `cannot be ${doing} (${code})`,
    remedy: remedy ?? remedyOf(code),
  })
}

/** Work on a file, with errors as `fileError` words them. */
export const attempt = <A>(
  path: string,
  doing: string,
  work: () => A | Promise<A>,
  remedy?: string,
): Effect.Effect<A, InputError> =>
  Effect.tryPromise({
    try: async () => work(),
    catch: (error) => fileError(path, doing, error, remedy),
  })

/** The result of `work`, or `none` if there is no such file or folder. */
export const unlessAbsent = async <A, B>(work: Promise<A>, none: B): Promise<A | B> => {
  try {
    return await work
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return none
    throw error
  }
}
