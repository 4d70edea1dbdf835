import { describe, expect, it } from '@effect/vitest'
import { PickleFault, readPickle } from '../../datasets/pickle.ts'

/** `{'k': [1, 255, 256, 70000, -5, 2**40, True, False, None, 'é', (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, 1.5]}` */
const written: ReadonlyArray<readonly [protocol: number, base64: string]> = [
  [
    0,
    'KGRwMApWawpwMQoobHAyCkkxCmFJMjU1CmFJMjU2CmFJNzAwMDAKYUktNQphTDEwOTk1MTE2Mjc3NzZMCmFJMDEKYUkwMAphTmFW6QpwMwphKEkxCnRwNAphKEkxCkkyCnRwNQphKEkxCkkyCkkzCnRwNgphKEkxCkkyCkkzCkk0CnRwNwphKGxwOAphKGRwOQphRjEuNQphcy4=',
  ],
  [
    1,
    'fXEAWAEAAABrcQFdcQIoSwFL/00AAUpwEQEASvv///9MMTA5OTUxMTYyNzc3NkwKSTAxCkkwMApOWAIAAADDqXEDKEsBdHEEKEsBSwJ0cQUoSwFLAksDdHEGKEsBSwJLA0sEdHEHXXEIfXEJRz/4AAAAAAAAZXMu',
  ],
  [
    2,
    'gAJ9cQBYAQAAAGtxAV1xAihLAUv/TQABSnARAQBK+////4oGAAAAAAABiIlOWAIAAADDqXEDSwGFcQRLAUsChnEFSwFLAksDh3EGKEsBSwJLA0sEdHEHXXEIfXEJRz/4AAAAAAAAZXMu',
  ],
  [
    4,
    'gASVVwAAAAAAAAB9lIwBa5RdlChLAUv/TQABSnARAQBK+////4oGAAAAAAABiIlOjALDqZRLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lF2UfZRHP/gAAAAAAABlcy4=',
  ],
]
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

describe('pickles of plain data', () => {
  it.each(written)('are read, protocol %i', (_, base64) => {
    expect(readPickle(bytesOf(base64))).toEqual(
      new Map([
        [
          'k',
          [
            1,
            255,
            256,
            70000,
            -5,
            2 ** 40,
            true,
            false,
            null,
            'é',
            [1],
            [1, 2],
            [1, 2, 3],
            [1, 2, 3, 4],
            [],
            new Map(),
            1.5,
          ],
        ],
      ]),
    )
  })

  it('never run code', () => {
    // An object whose unpickling calls os.system('true').
    const evil = 'gASVHwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu'
    expect(() => readPickle(bytesOf(evil))).toThrow(/plain data never needs/)
  })

  it('are refused when damaged, wherever the cut is', () => {
    for (const [, base64] of written) {
      const bytes = bytesOf(base64)
      for (let end = 0; end < bytes.length; end++)
        expect(() => readPickle(bytes.subarray(0, end))).toThrow(PickleFault)
    }
  })

  it('are refused with a length below zero, at once', () => {
    // BINSTRING and LONG4, whose lengths are signed.
    for (const opcode of [0x54, 0x8b])
      expect(() => readPickle(new Uint8Array([0x80, 2, opcode, 0xfb, 0xff, 0xff, 0xff, 0x2e]))).toThrow(
        PickleFault,
      )
  })
})
