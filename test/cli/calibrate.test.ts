import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spanwiseHere } from './command-line.ts'
import { model, row, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('calibrate')
  for (const name of ['other', 'third', 'fourth'])
    copyFileSync(join(root, 'videos', 'good.mp4'), join(root, 'videos', `${name}.mp4`))
  const several = (file: string) => ({
    ...row(file, `a hand waves in ${file}`),
    windows: [[0, 2] as const, [8, 10] as const],
  })
  const single = (file: string) => row(file, 'a dog barks', [3, 5])
  writeRows(join(root, 'train.jsonl'), [
    ...[several('good.mp4'), several('other.mp4'), single('third.mp4'), single('fourth.mp4')],
  ])
  mkdirSync(join(root, 'few'))
  writeRows(join(root, 'few', 'train.jsonl'), [several('good.mp4'), single('other.mp4')])
})
afterAll(() => rmSync(root, { recursive: true }))

const calibrate = (...words: ReadonlyArray<string>) =>
  spanwiseHere(
    root,
    ...['calibrate', '--dataset', 'jsonl', '--annotations', '.', '--videos', 'videos', '--model', model],
    ...words,
  )

describe('spanwise calibrate', () => {
  it('judges pairs, prints the thresholds and writes them as the configuration takes them', async () => {
    const { code, out, err } = await calibrate('--run', 'run', '--set', 'maxTokens=8')
    expect(err).not.toMatch(/error/i)
    expect(code).toBe(0)
    expect(out).toContain('2 length-matched pairs')
    const { agents } = JSON.parse(readFileSync(join(root, 'run', 'thresholds.json'), 'utf8'))
    expect(out).toContain(JSON.stringify({ agents }))
  })

  it('writes no thresholds where there is nothing to measure them on', async () => {
    const { code, err } = await spanwiseHere(
      root,
      ...['calibrate', '--dataset', 'jsonl', '--annotations', 'few', '--videos', 'videos', '--run', 'lone'],
    )
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/too few length-matched pairs \(1\).*raise --pairs/),
    ])
    expect(existsSync(join(root, 'lone'))).toBe(false)
  })

  it('refuses thresholds that are given, and a revision without verdicts', async () => {
    const given = await calibrate('--run', 'none', '--set', 'accept=0.7')
    expect([given.code, given.err]).toEqual([2, expect.stringContaining('--set accept')])
    const revised = await calibrate('--run', 'none', '--revised', 'charades_timelens:test')
    expect(revised.code).toBe(2)
    expect(existsSync(join(root, 'none'))).toBe(false)
  })
})
