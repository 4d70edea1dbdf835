import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../studio/api/index.ts'
import { folderOf } from '../cli/command-line.ts'
import { openStudio, token } from './open-studio.ts'

/** Reads changes until `enough` says so. */
const follow = async (url: string, enough: (changes: ReadonlyArray<Change>) => boolean, act: () => void) => {
  const abort = new AbortController()
  const response = await fetch(new URL('/api/events', url), {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const changes: Array<Change> = []
  setTimeout(act, 200)
  let text = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      const data = /^event: change\ndata: (.*)$/.exec(event)?.[1]
      if (data !== undefined) changes.push(JSON.parse(data))
    }
    if (enough(changes)) break
  }
  abort.abort()
  return changes
}

describe('live changes', () => {
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
        writeFileSync(join(root, 'two', 'run.json'), '{"kind":"sft","settings":{}}')
      },
    )
    expect(changes).toContainEqual({ run: 'one', what: 'metrics' })
    expect(changes).toContainEqual({ run: '', what: 'runs' })
    // A server with an open stream still stops at once.
    const pending = fetch(new URL('/api/events', studio.url), {
      headers: { authorization: `Bearer ${token}` },
    })
    await pending
    await studio.close()
    rmSync(root, { recursive: true })
  })
})
