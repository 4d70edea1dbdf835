import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { Videos } from '../../video/index.ts'
import { writeVideos } from './flashes.ts'

const script = join(import.meta.dirname, 'killed-run.ts')

/** Starts the fold; kills it so many milliseconds after its journal has begun to grow. Gives its standard output. */
const start = (folder: string, videos: string, killAfter?: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, videos], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      code === 0 || signal === 'SIGKILL' ? resolve(output) : reject(new Error(`exit code ${code}`)),
    )
    if (killAfter === undefined) return
    const fold = join(folder, 'fold-00000000-00000040')
    const watch = setInterval(() => {
      if (!existsSync(join(fold, 'lease.json'))) return
      clearInterval(watch)
      setTimeout(() => child.kill('SIGKILL'), killAfter)
    }, 5)
    child.on('exit', () => clearInterval(watch))
  })

const parts = (folder: string) => {
  const fold = join(folder, 'fold-00000000-00000040')
  return readdirSync(fold)
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => [name, readFileSync(join(fold, name)).toString('base64')])
}

it('a fold killed again and again ends as one that never was, to the byte', async () => {
  const videos = mkdtempSync(join(tmpdir(), 'spanwise-videos-'))
  await Effect.runPromise(writeVideos(videos).pipe(Effect.provide(Videos.layer({ workers: 1 }))))
  const [calm, killed] = [
    mkdtempSync(join(tmpdir(), 'spanwise-run-')),
    mkdtempSync(join(tmpdir(), 'spanwise-run-')),
  ]
  const undisturbed = start(calm, videos)
  // What ends says so; on a slow machine a late kill may find the fold at its end.
  const said: Array<string> = []
  for (const moment of [2, 60, 130, 200]) said.push(await start(killed, videos, moment))
  expect(said).toContain('')
  const summary = JSON.parse(await start(killed, videos))
  const { seconds: _, ...expected } = JSON.parse(await undisturbed)
  expect(summary).toMatchObject(expected)
  expect(expected).toMatchObject({ planned: 40, done: 40, kept: 20, dropped: 20 })
  expect(parts(killed)).toEqual(parts(calm))
  expect(readdirSync(join(killed, 'fold-00000000-00000040')).filter((name) => !/^part-/.test(name))).toEqual([
    'manifest.json',
  ])
})
