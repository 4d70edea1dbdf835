import { describe, expect, it } from 'vitest'
import { Cancelled, VideoFault } from '../../video/fault.ts'
import { VideoPool } from '../../video/pool.ts'
import { scratch, video } from './files.ts'

const folder = scratch()
const never = new AbortController().signal
const path = video(folder, 'long', 400, { width: 160, height: 120 })
const whole = { kind: 'clip', path, sampling: { kind: 'rate', fps: 8 }, budget: undefined } as const

describe('VideoPool', () => {
  it('lends each worker to one job at a time and never more than its size', async () => {
    const pool = new VideoPool(2)
    let running = 0
    let most = 0
    const job = () =>
      pool.use(never, async (worker) => {
        most = Math.max(most, ++running)
        const info = await worker.ask({ kind: 'probe', path })
        running--
        return info.frames
      })
    expect(await Promise.all(Array.from({ length: 12 }, job))).toEqual(Array(12).fill(400))
    expect(most).toBe(2)
    await pool.close()
  })

  it('stops what runs and drops what waits when it closes', async () => {
    const pool = new VideoPool(1)
    const running = pool.use(never, (worker) => worker.ask(whole))
    const waiting = pool.use(never, (worker) => worker.ask(whole))
    const outcomes = Promise.allSettled([running, waiting])
    await pool.close()
    for (const outcome of await outcomes)
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(Cancelled)
    await expect(pool.use(never, (worker) => worker.ask(whole))).rejects.toBeInstanceOf(Cancelled)
  })

  it('pairs answers with requests after one that cannot be sent', async () => {
    const pool = new VideoPool(1)
    const info = await pool.use(never, async (worker) => {
      const frames = new Uint8Array(1)
      structuredClone(frames, { transfer: [frames.buffer] })
      await expect(worker.ask({ kind: 'encode-frames', frames }, [frames.buffer])).rejects.toThrow()
      return worker.ask({ kind: 'probe', path })
    })
    expect(info.frames).toBe(400)
    await pool.close()
  })

  it('replaces a worker that ended', async () => {
    const pool = new VideoPool(1)
    const lost = pool.use(never, (worker) => {
      const answer = worker.ask(whole)
      return Promise.all([answer, worker.close()])
    })
    await expect(lost).rejects.toBeInstanceOf(VideoFault)
    const info = await pool.use(never, (worker) => worker.ask({ kind: 'probe', path }))
    expect(info.frames).toBe(400)
    await pool.close()
  })
})
