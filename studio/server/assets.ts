import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { HttpServerResponse } from 'effect/http'

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

interface Asset {
  readonly type: string
  readonly etag: string
  readonly plain: Uint8Array
  /** Named by their content, so that a browser may keep them. */
  readonly immutable: boolean
  readonly compressed: Map<string, Uint8Array>
}

/** Files of the built page by their path in URLs. */
export type Assets = ReadonlyMap<string, Asset>

/** Reads the built page into memory; empty where it is not built. What is not in it cannot be asked for. */
export const readAssets = (folder: string): Assets => {
  if (!existsSync(join(folder, 'index.html'))) return new Map()
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
  return new Map(
    names.flatMap((name): ReadonlyArray<readonly [string, Asset]> => {
      const type = types[extname(name)]
      if (type === undefined) return []
      const plain = readFileSync(join(folder, name))
      const etag = `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"`
      return [[name, { type, etag, plain, immutable: name.startsWith('/assets/'), compressed: new Map() }]]
    }),
  )
}

const compressors = { br: brotliCompressSync, gzip: gzipSync } as const

const unbuilt =
  'The page of the studio is not built. Stop this server and run "npx pnpm@12 build", then start it again.\n'

/** A file of the page, or the page itself for any path that is not a file: its views have paths of their own. */
export const assetAnswer = (
  assets: Assets,
  path: string,
  headers: { readonly [name: string]: string | undefined },
) => {
  if (assets.size === 0) return HttpServerResponse.text(unbuilt, { status: 503 })
  const asset = assets.get(path) ?? (extname(path) === '' ? assets.get('/index.html') : undefined)
  if (asset === undefined) return HttpServerResponse.text('there is no such file\n', { status: 404 })
  const common = {
    etag: asset.etag,
    vary: 'accept-encoding',
    'cache-control': asset.immutable ? 'private, max-age=31536000, immutable' : 'no-cache',
  }
  if (headers['if-none-match'] === asset.etag)
    return HttpServerResponse.empty({ status: 304, headers: common })
  const accepted = headers['accept-encoding'] ?? ''
  const encoding = /^(text|application|image\/svg)/.test(asset.type)
    ? (['br', 'gzip'] as const).find((name) => accepted.includes(name))
    : undefined
  if (encoding === undefined)
    return HttpServerResponse.uint8Array(asset.plain, { contentType: asset.type, headers: common })
  const known = asset.compressed.get(encoding) ?? compressors[encoding](asset.plain)
  asset.compressed.set(encoding, known)
  return HttpServerResponse.uint8Array(known, {
    contentType: asset.type,
    headers: { ...common, 'content-encoding': encoding },
  })
}
