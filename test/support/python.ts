import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const own = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'python')

/**
 * A Python that has all of these modules, or why there is none: the one that SPANWISE_PYTHON names, `.venv` in the
 * repository, or `python3`.
 */
export const findPython = (
  ...modules: ReadonlyArray<string>
):
  | { readonly python: string; readonly missing: null }
  | { readonly python: null; readonly missing: string } => {
  const named = process.env.SPANWISE_PYTHON ?? (existsSync(own) ? own : 'python3')
  // Commands are run in other folders.
  const python = named.includes('/') ? resolve(named) : named
  // Only looked for, not imported: that takes seconds.
  const code = `import importlib.util as u; print(*[m for m in ${JSON.stringify(modules)} if u.find_spec(m) is None])`
  const { status, stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' })
  if (status !== 0) return { python: null, missing: `${python} does not start` }
  const absent = stdout.trim()
  return absent === '' ? { python, missing: null } : { python: null, missing: `${python} lacks ${absent}` }
}
