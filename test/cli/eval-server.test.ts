import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { row, workplace, writeRows } from './workplace.ts'

let root = ''
beforeAll(async () => {
  root = await workplace('eval-server')
  mkdirSync(join(root, 'data'))
  writeRows(
    join(root, 'data', 'test.jsonl'),
    ['right', 'cut', 'chatty', 'long'].map((query) => row('good.mp4', query)),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

const replies: { readonly [query: string]: object } = {
  right: { message: { role: 'assistant', content: '<answer>1.0 to 4.0</answer>' }, finish_reason: 'stop' },
  cut: { message: { role: 'assistant', content: 'I watch the video and' }, finish_reason: 'length' },
  chatty: { message: { role: 'assistant', content: 'What a video!' }, finish_reason: 'stop' },
  long: { message: { role: 'assistant', content: '<answer>0.0 to 4.0</answer>' }, finish_reason: 'stop' },
}
const queryOf = (question: string) =>
  Object.keys(replies).find((query) => question.includes(`"${query}"`)) ?? 'none'

describe('eval against a server', () => {
  it('shows the unreadable share with the score, names what was refused, and asks only that again', async () => {
    let refuse = true
    const asked: Array<string> = []
    await using server = await startFaultServer({
      models: () => ({ status: 200, body: { data: [{ id: 'some/Model-7B' }] } }),
      script: ({ question }) => {
        asked.push(queryOf(question))
        return refuse && queryOf(question) === 'long'
          ? {
              kind: 'status',
              status: 400,
              message: "This model's maximum context length is 10 tokens. However, you requested 99 tokens.",
            }
          : { kind: 'answer' }
      },
      reply: ({ question }) => replies[queryOf(question)]!,
    })
    const run = (...args: ReadonlyArray<string>) =>
      spanwiseHere(
        root,
        ...['eval', 'timelens', '--annotations', join(root, 'data'), '--videos', join(root, 'videos')],
        ...['--backend', 'openai', '--preset', 'vllm', '--base-url', server.url],
        ...['--model', 'some/Model-7B', '--frames', '4', '--max-pixels', '4096', ...args],
      )
    const first = await run('--json')
    expect(first.code, first.err).toBe(3)
    expect(first.err).toMatch(/1 of 4 samples have no reply and count as wrong \(good\.mp4 first\)/)
    const scores = JSON.parse(first.out)
    expect(scores).toMatchObject({ n: 4, missing: 1, mIoU: 25, rule: 'timelens' })
    expect(scores.replies).toMatchObject({ replied: 3, failed: 1, absent: 0 })
    expect(scores.replies.unreadable).toBeCloseTo(2 / 3)
    expect(scores.replies.cutOff).toBeCloseTo(1 / 3)
    expect(scores.folder).toMatch(/^runs\/eval\/timelens\/Model-7B-[0-9a-f]{8}$/)

    refuse = false
    asked.length = 0
    const again = await run()
    expect(again.code, again.err).toBe(0)
    expect(asked).toEqual(['long'])
    expect(again.out).toMatch(/\| unreadable \| cut off \|/)
    expect(again.out).toMatch(/\| some\/Model-7B \|.*\| 50\.0 % \| 50\.0 % \| 25\.0 % \|/)
    const report = JSON.parse(readFileSync(join(root, scores.folder, 'report.json'), 'utf8'))
    expect(report.replies).toMatchObject({ replied: 4, unanswered: [] })
    expect(report.mIoU).toBeCloseTo((100 * (1 + 0.75)) / 4, 9)
  })
})
