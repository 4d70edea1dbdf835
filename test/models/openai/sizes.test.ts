import { assert, describe, it } from '@effect/vitest'
import { Effect } from 'effect'
import { makeClips } from '../../../models/openai/clips.ts'
import { presets } from '../../../models/openai/presets.ts'
import { maskClip, Videos } from '../../../video/index.ts'
import { scratch, video } from '../../video/files.ts'

const folder = scratch()

/** Width and height of each JPEG in the parts of a message, from their frame headers. */
const sizesOf = (parts: string) =>
  [...parts.matchAll(/base64,([^"]+)/g)]
    .flatMap(([, data]) => data!.split(','))
    .map((data) => {
      const bytes = Buffer.from(data, 'base64')
      const header = bytes.indexOf(Buffer.of(0xff, 0xc0))
      return `${bytes.readUInt16BE(header + 7)}x${bytes.readUInt16BE(header + 5)}`
    })

const settings = { media: 'file', quality: 90, files: null, factor: 32 } as const

describe('a clip of a file with hidden frames', () => {
  for (const name of ['vllm', 'openai'] as const)
    it.live(`is sent to ${name} with frames and blanks of one size`, () =>
      Effect.gen(function* () {
        const videos = yield* Videos
        const path = video(folder, name, 16, { width: 40, height: 20 })
        const budget = { maxPixels: 4096, minPixels: 2048, factor: 32 }
        const clip = yield* videos.clip(path, { kind: 'rate', fps: 2 }, budget, { kind: 'file' })
        const masked = maskClip(clip, [[0, 0.6]], 'blank')
        const sent = yield* makeClips(videos, presets[name], settings)({ type: 'video', clip: masked })
        const sizes = sizesOf(sent.parts)
        assert.strictEqual(sizes.length, clip.times.length)
        assert.strictEqual(new Set(sizes).size, 1)
      }).pipe(Effect.scoped, Effect.provide(Videos.layer({ workers: 1 }))),
    )
})
