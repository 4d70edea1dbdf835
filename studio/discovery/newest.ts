import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stateOf } from './changes.ts'
import { findRuns } from './find.ts'

/** The entry of a folder with the latest change in one of its runs; the folder itself if it is a run; null without runs. */
export const newestRun = (folder: string): string | null => {
  const latestIn = (path: string): number | null => {
    const times = [...findRuns([path]).values()].map((run) => stateOf(run).modified)
    return times.length === 0 ? null : Math.max(...times)
  }
  if ([...findRuns([folder]).values()].some(({ path }) => path === folder)) return folder
  const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : []
  const dated = names.flatMap((name) => {
    const path = join(folder, name)
    const at = latestIn(path)
    return at === null ? [] : [{ path, at }]
  })
  return dated.toSorted((a, b) => b.at - a.at)[0]?.path ?? null
}
