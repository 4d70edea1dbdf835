import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spanwiseHere } from './command-line.ts'
import { model, row, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('calibrate')
  copyFileSync(join(root, 'videos', 'good.mp4'), join(root, 'videos', 'other.mp4'))
  const several = { ...row('good.mp4', 'a hand waves'), windows: [[0, 2] as const, [8, 10] as const] }
  writeRows(join(root, 'train.jsonl'), [several, row('other.mp4', 'a dog barks', [3, 5])])
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
    expect(out).toContain('1 length-matched pairs')
    const { agents } = JSON.parse(readFileSync(join(root, 'run', 'thresholds.json'), 'utf8'))
    expect(out).toContain(JSON.stringify({ agents }))
  })

  it('refuses thresholds that are given, and a revision without verdicts', async () => {
    const given = await calibrate('--run', 'none', '--set', 'accept=0.7')
    expect([given.code, given.err]).toEqual([2, expect.stringContaining('--set accept')])
    const revised = await calibrate('--run', 'none', '--revised', 'charades_timelens:test')
    expect(revised.code).toBe(2)
    expect(existsSync(join(root, 'none'))).toBe(false)
  })
})
