import type { Tensor } from 'onnxruntime-node'
import type { Model } from '../architectures/index.ts'
import { unseen } from '../attention.ts'
import { type Tensors, tensor } from '../session.ts'

/** Sizes of the keys and values of a decoding batch. */
export interface CacheSize {
  readonly rows: number
  readonly samples: number
  readonly prompt: number
}

/**
 * Keys and values of a batch that is being decoded. The prompt's are kept once per row; each sample's own are kept in
 * buffers that double when they are full, so that shapes change seldom.
 */
export class DecodingCache {
  readonly model: Model
  size: CacheSize
  /** Tokens cached for every sample, and how many the buffers can hold. */
  filled = 0
  capacity = 8
  private prompt: Array<Float32Array>
  private own: Array<Float32Array>

  /** `prompt` holds key and value of layer 0, of layer 1, ..., each [rows, kv, prompt, Dh]. */
  constructor(model: Model, size: CacheSize, prompt: ReadonlyArray<Float32Array>) {
    this.model = model
    this.size = size
    this.prompt = [...prompt]
    this.own = prompt.map(() => this.buffer())
  }

  private buffer(): Float32Array {
    const { kvHeads, headDim } = this.model.text
    return new Float32Array(this.size.rows * kvHeads * this.size.samples * this.capacity * headDim)
  }

  /** The cache inputs of the step graph. */
  feeds(): Tensors {
    const { kvHeads, headDim } = this.model.text
    const { rows, samples, prompt } = this.size
    const feeds: Record<string, Tensor> = {
      cached_mask: tensor('float32', new Float32Array(this.capacity).fill(unseen).fill(0, 0, this.filled)),
    }
    this.prompt.forEach((data, index) => {
      const name = `${index % 2 === 0 ? 'key' : 'value'}.${index >> 1}`
      feeds[`prompt_${name}`] = tensor('float32', data, [rows, kvHeads, prompt, headDim])
      feeds[name] = tensor('float32', this.own[index]!, [rows, kvHeads, samples, this.capacity, headDim])
    })
    return feeds
  }

  /** Keeps a step's keys and values, ordered as `prompt`, each [rows, kv, samples, Dh]. */
  append(added: ReadonlyArray<Float32Array>): void {
    const { headDim } = this.model.text
    if (this.filled === this.capacity) this.grow()
    added.forEach((data, index) => {
      const buffer = this.own[index]!
      const stride = this.capacity * headDim
      let to = this.filled * headDim
      for (let from = 0; from < data.length; from += headDim, to += stride)
        for (let i = 0; i < headDim; i++) buffer[to + i] = data[from + i]!
    })
    this.filled++
  }

  private grow(): void {
    const { headDim } = this.model.text
    const old = this.own
    const before = this.capacity * headDim
    this.capacity *= 2
    this.own = old.map((data) => {
      const buffer = this.buffer()
      for (let from = 0, to = 0; from < data.length; from += before, to += 2 * before)
        buffer.set(data.subarray(from, from + before), to)
      return buffer
    })
  }

  /** Keeps only the given rows, and of each the given samples (as many for every row). */
  keep(rows: ReadonlyArray<number>, samples: ReadonlyArray<ReadonlyArray<number>>): void {
    const { kvHeads, headDim } = this.model.text
    const count = samples[0]?.length ?? 0
    const before = this.size
    this.size = { ...before, rows: rows.length, samples: count }
    if (rows.length < before.rows) {
      const stride = kvHeads * before.prompt * headDim
      this.prompt = this.prompt.map((data) => {
        const kept = new Float32Array(rows.length * stride)
        rows.forEach((row, to) => {
          kept.set(data.subarray(row * stride, (row + 1) * stride), to * stride)
        })
        return kept
      })
    }
    const stride = this.capacity * headDim
    this.own = this.own.map((data) => {
      const kept = this.buffer()
      let to = 0
      rows.forEach((row, index) => {
        for (let head = 0; head < kvHeads; head++) {
          for (const sample of samples[index]!) {
            const from = ((row * kvHeads + head) * before.samples + sample) * stride
            kept.set(data.subarray(from, from + stride), to)
            to += stride
          }
        }
      })
      return kept
    })
  }
}
