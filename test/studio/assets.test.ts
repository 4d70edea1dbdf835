import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Effect } from 'effect'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { pageFolder, pageIn } from '../../studio/assets/index.ts'

describe('the built page', () => {
  let folder = ''
  let files: ReadonlyArray<string> = []
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')

  beforeAll(async () => {
    folder = await Effect.runPromise(pageFolder)
    files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  })

  it('ships less than 200 kB of compressed script, all of it together', () => {
    const scripts = files.filter((file) => file.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(0)
    const bytes = scripts.reduce((sum, file) => sum + gzipSync(read(file)).length, 0)
    expect(bytes).toBeLessThan(200_000)
  })

  it('has no script, style or handler inside the document', () => {
    const html = read('index.html')
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/i)
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i)
  })

  it('loads nothing from elsewhere and evaluates no text as code', () => {
    for (const file of files) {
      if (file.endsWith('.html')) expect(read(file)).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
      if (file.endsWith('.css')) expect(read(file)).not.toMatch(/url\(["']?(?:https?:|\/\/|data:)/)
      if (file.endsWith('.js')) expect(read(file)).not.toMatch(/\beval\(|new Function\(/)
    }
  })

  it('is built by another process where it is missing, and again where its sources differ from those it was made of', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'page-'))
    vi.doMock('vite', () => ({ build: () => expect.unreachable('built by the process that serves') }))
    try {
      const own = join(scratch, 'built')
      await Effect.runPromise(pageIn(own))
      const digest = join(own, 'digest.txt')
      const current = readFileSync(digest, 'utf8')
      writeFileSync(digest, 'of other sources')
      await Effect.runPromise(pageIn(own))
      expect(readFileSync(digest, 'utf8')).toBe(current)
      expect(readdirSync(scratch)).toEqual(['built'])
    } finally {
      vi.doUnmock('vite')
      rmSync(scratch, { recursive: true })
    }
  })
})
