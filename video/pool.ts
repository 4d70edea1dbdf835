import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import { Cancelled, VideoFault } from './fault.ts'
import type { Answers, Reply, Request, WorkerCache, WorkerData } from './protocol.ts'

/** One worker thread. Answers come in the order of the requests, so a plain queue pairs them. */
class VideoWorker {
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #waiting: Array<{ resolve: (value: never) => void; reject: (error: Error) => void }> = []
  /** Set once the thread is gone; such a worker is replaced. */
  dead = false

  constructor(cache: WorkerCache | undefined) {
    const workerData: WorkerData = { stop: this.#stop, cache }
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
    // A process that has nothing else to do may end, even when the pool was not closed.
    this.#worker.unref()
    this.#worker.on('message', (reply: Reply) => this.#settle(reply))
    this.#worker.on('error', (error) => this.#die(`a video worker failed: ${error.message}`))
    this.#worker.on('exit', (code) => this.#die(`a video worker ended with code ${code}`))
  }

  ask<K extends Request['kind']>(
    request: Extract<Request, { kind: K }>,
    move: ReadonlyArray<ArrayBuffer> = [],
  ): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      if (this.dead) return reject(new VideoFault('unreadable', 'a video worker has ended; try again'))
      // Throws where the request cannot be sent: then no answer is owed.
      this.#worker.postMessage(request, move)
      // While an answer is owed the process must stay.
      if (this.#waiting.length === 0) this.#worker.ref()
      this.#waiting.push({ resolve, reject })
    })
  }

  /** Makes the running request end soon as cancelled. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  /** Ready for requests again after `stop`. */
  resume(): void {
    Atomics.store(this.#stop, 0, 0)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    if (reply.kind === 'done') waiting?.resolve(reply.value as never)
    else if (reply.kind === 'cancelled') waiting?.reject(new Cancelled())
    else waiting?.reject(new VideoFault(reply.reason, reply.problem))
  }

  #die(problem: string): void {
    this.dead = true
    for (const { reject } of this.#waiting.splice(0)) reject(new VideoFault('unreadable', problem))
  }
}

export type { VideoWorker }

/**
 * At most `size` worker threads, started when first needed. p-limit is the bound: no more than `size` decoders or
 * encoders are ever open at once.
 */
export class VideoPool {
  readonly #limit: ReturnType<typeof pLimit>
  readonly #idle: Array<VideoWorker> = []
  readonly #busy = new Set<VideoWorker>()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #cache: WorkerCache | undefined
  #closed = false

  constructor(size: number, cache?: WorkerCache) {
    this.#limit = pLimit(size)
    this.#cache = cache
  }

  /**
   * Lends a worker to `job` alone. When `signal` aborts, a job that still waits is dropped and a running one ends at
   * the next packet; in both cases the promise rejects with `Cancelled`, after the native handles are released.
   */
  use<A>(signal: AbortSignal, job: (worker: VideoWorker) => Promise<A>): Promise<A> {
    const lent = this.#limit(() => this.#lend(signal, job))
    const settled: Promise<unknown> = lent.then(
      () => this.#pending.delete(settled),
      () => this.#pending.delete(settled),
    )
    this.#pending.add(settled)
    return lent
  }

  /** Stops what runs, waits until handles are released, and ends the threads. */
  async close(): Promise<void> {
    this.#closed = true
    for (const worker of this.#busy) worker.stop()
    await Promise.all(this.#pending)
    await Promise.all(this.#idle.splice(0).map((worker) => worker.close()))
  }

  async #lend<A>(signal: AbortSignal, job: (worker: VideoWorker) => Promise<A>): Promise<A> {
    if (signal.aborted || this.#closed) throw new Cancelled()
    const worker = this.#idle.pop() ?? new VideoWorker(this.#cache)
    const stop = () => worker.stop()
    this.#busy.add(worker)
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await job(worker)
    } finally {
      signal.removeEventListener('abort', stop)
      this.#busy.delete(worker)
      if (!worker.dead) {
        worker.resume()
        this.#idle.push(worker)
      }
    }
  }
}
