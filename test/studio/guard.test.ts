import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderOf } from '../cli/command-line.ts'
import { type OpenStudio, openStudio, token } from './open-studio.ts'

let studio: OpenStudio
const bearer = { authorization: `Bearer ${token}` }

beforeAll(async () => {
  const folder = folderOf({ 'secret.txt': 'secret' })
  const assets = join(folder, 'dist')
  mkdirSync(join(assets, 'assets'), { recursive: true })
  writeFileSync(join(assets, 'index.html'), '<!doctype html><title>studio</title>')
  writeFileSync(join(assets, 'assets', 'page-1.js'), 'export {}'.repeat(100))
  studio = await openStudio({ folder, assets })
})
afterAll(() => studio.close())

describe('the guard of the studio', () => {
  it.each([
    ['no token', {}, 401],
    ['a wrong token', { authorization: 'Bearer another' }, 401],
    ['a wrong cookie', { cookie: 'spanwise-studio-1=another' }, 401],
    ['another host', { ...bearer, host: 'evil.example' }, 403],
    ['a host that begins like its own', { ...bearer, host: '127.0.0.1.evil.example' }, 403],
    ['another origin', { ...bearer, origin: 'http://evil.example' }, 403],
    ['another port as origin', { ...bearer, origin: 'http://127.0.0.1:1' }, 403],
    ['an opaque origin', { ...bearer, origin: 'null' }, 403],
  ])('refuses %s on every path', async (_, headers, status) => {
    for (const path of ['/', '/api/runs', '/api/events', '/api/runs/x/table', '/assets/page-1.js'])
      expect((await studio.raw(path, headers)).status).toBe(status)
    const posted = await studio.raw('/api/runs/x/decisions', headers, 'POST', '{}')
    expect(posted.status).toBe(status)
  })

  it('takes its own host under other names, as behind a tunnel', async () => {
    for (const host of ['localhost:9999', '[::1]:9999', `127.0.0.1:${studio.port}`]) {
      expect((await studio.raw('/api/runs', { ...bearer, host })).status).toBe(200)
      expect((await studio.raw('/api/runs', { ...bearer, host, origin: `http://${host}` })).status).toBe(200)
    }
  })

  it('moves the token from the URL into a cookie, and keeps the rest of the URL', async () => {
    const { status, headers } = await studio.raw(`/samples?run=a&token=${token}`)
    expect({ status, location: headers.location }).toEqual({ status: 303, location: '/samples?run=a' })
    const [cookie = ''] = headers['set-cookie'] as Array<string>
    expect(cookie).toMatch(/HttpOnly/)
    expect((await studio.raw('/api/runs', { cookie: cookie.split(';')[0]! })).status).toBe(200)
  })

  it('leads to no other host, whatever the path', async () => {
    for (const path of ['/.//evil.example/', '/a/..//evil.example/', '/.///evil.example/']) {
      const { status, headers } = await studio.raw(`${path}?token=${token}`)
      expect([status, headers.location]).toEqual([303, '/evil.example/'])
    }
  })

  it.each(['//', '//x:99999/', 'http://[', '//['])('answers what is no address at all: %s', async (path) => {
    expect((await studio.raw(path, bearer)).status).toBe(400)
    expect((await studio.raw(path)).status).toBe(401)
    expect((await studio.raw(path, { ...bearer, host: 'evil.example' })).status).toBe(403)
  })

  it('takes tokens with any characters, of which cookies may have few, and long addresses', async () => {
    for (const odd of ['aGVsbG8gd29ybGQ+/w==', 'a=b;c d,e"f%20\\ longer', 'пароль из многих букв']) {
      const other = await openStudio({ folder: folderOf({}), token: odd })
      const entry = await other.raw(`/?token=${encodeURIComponent(odd)}`)
      const [cookie = ''] = entry.headers['set-cookie'] as Array<string>
      expect((await other.raw('/api/runs', { cookie: cookie.split(';')[0]! })).status).toBe(200)
      await other.close()
    }
    expect((await studio.raw(`/?where=${'x'.repeat(300_000)}`, bearer)).status).toBe(200)
  })

  it('allows no inline script and nothing from elsewhere, whatever the answer', async () => {
    for (const [path, headers] of [
      ['/', bearer],
      ['/api/runs', bearer],
      ['/api/nothing', bearer],
      ['/api/runs', {}],
    ] as const) {
      const policy = String((await studio.raw(path, headers)).headers['content-security-policy'])
      expect(policy).toMatch(/default-src 'none'; script-src 'self';/)
      expect(policy).not.toMatch(/unsafe|http:|https:|\*/)
    }
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/%5c..%5csecret.txt',
    '/api/runs/..%2f..%2fsecret.txt',
    '/api/../secret.txt',
    '//secret.txt',
    '/assets/page-1.js%00.html',
  ])('serves files of the page only: %s', async (path) => {
    const { status, text } = await studio.raw(path, bearer)
    expect(text).not.toContain('secret\n')
    expect(text).not.toBe('secret')
    expect([200, 400, 404]).toContain(status)
    if (status === 200) expect(text).toContain('<title>studio')
  })

  it('compresses scripts and lets browsers keep them', async () => {
    const { headers, bytes } = await studio.raw('/assets/page-1.js', { ...bearer, 'accept-encoding': 'br' })
    expect(headers['content-encoding']).toBe('br')
    expect(bytes.length).toBeLessThan(100)
    expect(headers['cache-control']).toContain('immutable')
    const again = await studio.raw('/', {
      ...bearer,
      'if-none-match': String((await studio.raw('/', bearer)).headers.etag),
    })
    expect(again.status).toBe(304)
  })
})
