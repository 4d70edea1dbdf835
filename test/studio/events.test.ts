import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Effect } from 'effect'
import { describe, expect, it } from 'vitest'
import type { Change, Folds, Page, Runs } from '../../studio/api/index.ts'
import { folderOf, type Outcome, spanwise } from '../cli/command-line.ts'
import { row, workplace, writeRows } from '../cli/workplace.ts'
import { startFaultServer } from '../support/fault-server.ts'
import { openStudio, token } from './open-studio.ts'

/** Reads changes until `enough` says so. */
const follow = async (
  url: string,
  enough: (changes: ReadonlyArray<Change>) => boolean,
  act: () => void,
  each: () => Promise<void> = async () => undefined,
) => {
  const abort = new AbortController()
  const response = await fetch(new URL('/api/events', url), {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const changes: Array<Change> = []
  let text = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      // From here on nothing is missed.
      if (event.startsWith('event: ready')) act()
      const data = /^event: change\ndata: (.*)$/.exec(event)?.[1]
      if (data === undefined) continue
      changes.push(JSON.parse(data))
      if (changes.at(-1)!.run !== '') await each()
    }
    if (enough(changes)) break
  }
  abort.abort()
  return changes
}

describe('live changes', () => {
  it('follow a fold from its first sample to its verdicts, without disturbing it', async () => {
    const root = await workplace('live')
    mkdirSync(join(root, 'runs'))
    writeRows(
      join(root, 'train.jsonl'),
      Array.from({ length: 8 }, (_, i) => row('good.mp4', `query ${i}`)),
    )
    const server = await startFaultServer({ latency: 300 })
    const studio = await openStudio({ folder: join(root, 'runs') })
    let ended: Promise<Outcome> | undefined
    let live = false
    const changes = await follow(
      studio.url,
      (all) => all.some(({ what }) => what === 'verdicts'),
      () => {
        ended = Effect.runPromise(
          spanwise(
            ...[root, 'dea', '--dataset', 'jsonl', '--annotations', 'train.jsonl', '--videos', 'videos'],
            ...['--run', 'runs/live', '--frames', '4', '--cache', 'off', '--backend', 'openai'],
            ...['--base-url', server.url, '--model', 'model', '--preset', 'vllm', '--concurrency', '1'],
          ),
        )
      },
      async () => {
        const { agents } = await studio.get<Folds>('/api/runs/live/folds')
        live ||= agents.some(({ folds }) => folds.some(({ state }) => state === 'running'))
        // Asking for what is being written holds nothing up.
        await studio.get<Page>('/api/runs/live/table')
      },
    )
    expect((await ended)?.code).toBe(0)
    expect(changes).toContainEqual({ run: 'live', what: 'folds' })
    expect(live).toBe(true)
    // A run that writes all the time is read half of the time: the last verdicts come once a reading is due.
    const total = async () => (await studio.get<Page>('/api/runs/live/table')).total
    await expect.poll(total, { timeout: 30_000 }).toBe(8)
    await studio.close()
    await server.kill()
    rmSync(root, { recursive: true })
  })

  it('name the run and what to read again, also of a run that begins', async () => {
    const root = folderOf({})
    mkdirSync(join(root, 'one'))
    writeFileSync(join(root, 'one', 'run.json'), '{"kind":"sft","settings":{}}')
    writeFileSync(join(root, 'one', 'metrics.jsonl'), '')
    const studio = await openStudio({ folder: root })
    const changes = await follow(
      studio.url,
      (all) => all.some(({ what }) => what === 'runs') && all.some(({ what }) => what === 'metrics'),
      () => {
        appendFileSync(join(root, 'one', 'metrics.jsonl'), '{"step":0}\n')
        mkdirSync(join(root, 'two'))
        writeFileSync(join(root, 'two', 'metrics.jsonl'), '{"step":0}\n')
        writeFileSync(join(root, 'two', 'run.json'), '{"kind":"sft","settings":{}}')
      },
    )
    expect(changes).toContainEqual({ run: 'one', what: 'metrics' })
    expect(changes).toContainEqual({ run: '', what: 'runs' })
    // A page may show a run already that comes only now, or comes again.
    expect(changes).toContainEqual({ run: 'two', what: 'metrics' })
    const gone = await follow(
      studio.url,
      (all) => ['metrics', 'runs'].every((kind) => all.some(({ what }) => what === kind)),
      () => rmSync(join(root, 'two'), { recursive: true }),
    )
    expect(gone).toContainEqual({ run: 'two', what: 'metrics' })
    // A killed process changes no file.
    const [holder, fold] = [spawn('sleep', ['600']), join(root, 'cur', 'boundary-reflection', 'fold-0')]
    mkdirSync(fold, { recursive: true })
    writeFileSync(join(fold, '..', 'settings.json'), '{}')
    const lease = { token: 'x', pid: holder.pid, host: hostname(), heartbeat: Date.now() }
    for (const folder of [fold, join(root, 'one')])
      writeFileSync(join(folder, 'lease.json'), JSON.stringify(lease))
    const liveRuns = async () =>
      (await studio.get<Runs>('/api/runs')).runs.flatMap(({ id, live }) => (live ? [id] : [])).toSorted()
    await expect.poll(liveRuns, { timeout: 30_000 }).toEqual(['cur', 'one'])
    const killed = await follow(
      studio.url,
      (all) => ['runs', 'folds'].every((kind) => all.some(({ what }) => what === kind)),
      () => holder.kill('SIGKILL'),
    )
    expect(killed).toContainEqual({ run: 'cur', what: 'folds' })
    expect(await liveRuns()).toEqual([])
    // A server with an open stream still stops at once.
    const pending = fetch(new URL('/api/events', studio.url), {
      headers: { authorization: `Bearer ${token}` },
    })
    await pending
    await studio.close()
    rmSync(root, { recursive: true })
  })
})
