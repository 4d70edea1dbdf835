/**
 * Measures the rule of video/decode.ts: how far ahead a keyframe must lie before seeking to it beats decoding on.
 * Run: `node bench/video/seek.ts FILE...`. Milliseconds of processor time for decoding alone (no colour conversion, no
 * resizing), best of five after a warm-up; the columns are the thresholds, `never` decodes straight through.
 */
import { decodeFrames } from '../../video/decode.ts'
import { withHandles } from '../../video/handles.ts'
import type { FrameSampling } from '../../video/index.ts'
import { openSource } from '../../video/source.ts'
import { selectIndices } from '../../video/timeline.ts'

const thresholds = [1, 6, 12, 24, 48, Number.POSITIVE_INFINITY]
const samplings: Record<string, FrameSampling> = {
  '1 late frame': { kind: 'times', times: [1e9] },
  '4 frames': { kind: 'count', count: 4 },
  '8 frames': { kind: 'count', count: 8 },
  '16 frames': { kind: 'count', count: 16 },
  '32 frames': { kind: 'count', count: 32 },
  '2 fps': { kind: 'rate', fps: 2 },
  '8 fps': { kind: 'rate', fps: 8 },
  all: { kind: 'rate', fps: 1000 },
}

const best = (runs: number, body: () => void): number => {
  body()
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < runs; i++) {
    // Processor time rather than the clock's: other work on the machine disturbs it less.
    const before = process.cpuUsage()
    body()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

for (const path of process.argv.slice(2)) {
  withHandles((handles) => {
    const source = openSource(path, handles, () => false)
    const { info, keyframes } = source
    console.log(
      `${info.frames} frames, ${info.duration.toFixed(1)} s, ${keyframes.length} keyframes: ${path}`,
    )
    const rows = Object.entries(samplings).map(([name, sampling]) => {
      const wanted = [...new Set(selectIndices(source, sampling).indices)].sort((a, b) => a - b)
      const cells = thresholds.map((ahead) => {
        const spent = best(5, () =>
          decodeFrames(
            source,
            wanted,
            () => undefined,
            () => false,
            ahead,
          ),
        )
        return [Number.isFinite(ahead) ? String(ahead) : 'never', spent.toFixed(1)]
      })
      return { sampling: name, ...Object.fromEntries(cells) }
    })
    console.table(rows)
  })
}
