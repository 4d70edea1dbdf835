import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Effect } from 'effect'
import type { Lane, SampleDetail } from '../../studio/api/index.ts'
import { pageFolder } from '../../studio/assets/index.ts'
import { noBrowser, openBrowser } from '../../test/studio/browser/chromium.ts'

// Frames per second while the playhead is dragged over the lanes of a long video:
//   node bench/studio/scrub.ts [SECONDS] [INTERVALS]
const [duration = 600, count = 200] = process.argv.slice(2).map(Number)
const moves = 400
if (noBrowser !== null) throw new Error(noBrowser)

const lanes: ReadonlyArray<Lane> = Array.from({ length: 10 }, (_, i) => ({
  id: `lane-${i}`,
  kind: i === 0 ? 'annotated' : 'rollout',
  label: `lane ${i}`,
  intervals: Array.from({ length: count / 10 }, (_, j) => {
    const start = ((j + i / 10) / (count / 10)) * duration
    return { start, end: start + duration / count }
  }),
  ticks: i === 9 ? Array.from({ length: 448 }, (_, j) => (j / 448) * duration) : [],
  iou: 0.5,
  outcome: null,
}))
const sample: SampleDetail = {
  ...{ key: 'k', sample: 's', dataset: 'd', split: 'train', task: 'grounding', query: 'a long video' },
  ...{ options: null, answer: null, duration, windows: [[1, 2]], verdicts: [], exchanges: [], siblings: [] },
  video: { id: 'v', found: false, problem: 'no video', type: null },
  lanes,
}
const run = { id: 'r', kind: 'curation', name: 'r', modified: 0, live: false }
const nothing = { decisions: [], merged: [], counts: {}, reviewers: [], agreement: [] }
const answers: { readonly [path: string]: unknown } = {
  '/api/runs': { version: '0', folder: '', home: 'r', reviewer: 'ada', runs: [run] },
  '/api/runs/r/samples/k': sample,
  '/api/runs/r/decisions': nothing,
  '/api/runs/r/position': { position: null },
  '/api/runs/r/table': { columns: [], rows: [], offset: 0, total: 0, source: 'part files', revision: '' },
}
const types: { readonly [extension: string]: string } = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

const folder = await Effect.runPromise(pageFolder)
const browser = await openBrowser()
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
await page.route('**/*', (route) => {
  const { pathname } = new URL(route.request().url())
  if (pathname.startsWith('/api/'))
    return pathname in answers ? route.fulfill({ json: answers[pathname] }) : route.fulfill({ status: 404 })
  const file = pathname === '/' ? '/index.html' : pathname
  return route.fulfill({
    body: readFileSync(join(folder, file)),
    contentType: types[extname(file)] ?? 'text/plain',
  })
})
await page.goto('http://studio.test/?view=sample&sample=k')
const box = (await page.locator('.tracks').boundingBox())!
await page.evaluate(`
  globalThis.frames = []
  const look = (now) => { frames.push(now); requestAnimationFrame(look) }
  requestAnimationFrame(look)
`)
await page.mouse.move(box.x + 10, box.y + 10)
await page.mouse.down()
const from = performance.now()
for (let i = 0; i < moves; i++) {
  await page.mouse.move(box.x + box.width * (0.5 + 0.49 * Math.sin(i / 20)), box.y + 10)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, from + i * 16 - performance.now())))
}
await page.mouse.up()
const times = (await page.evaluate('frames')) as ReadonlyArray<number>
const gaps = times
  .slice(1)
  .map((time, i) => time - times[i]!)
  .sort((a, b) => a - b)
const at = (share: number) => Number(gaps[Math.floor(share * (gaps.length - 1))]!.toFixed(1))
console.log(
  JSON.stringify({
    ...{ duration, intervals: count, frames: gaps.length },
    fps: Number((1000 / (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length)).toFixed(1)),
    milliseconds: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
  }),
)
await browser.close()
