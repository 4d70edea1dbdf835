import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Asked, startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { workplace } from './workplace.ts'

const rows = [
  ['seeks', 'CW'],
  ['answers', 'TN'],
  ['asks for ever', 'TP'],
  ['goes in circles', 'DL'],
  ['leaves the clip', 'CH'],
]

let root = ''
beforeAll(async () => {
  root = await workplace('eval-seek')
  mkdirSync(join(root, 'data'))
  writeFileSync(
    join(root, 'data', 'val.csv'),
    [
      'video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4',
      ...rows.map(([question, type], qid) => `good,40,64,64,who ${question},1,${qid},${type},a,b,c,d,e`),
      '',
    ].join('\n'),
  )
})
afterAll(() => rmSync(root, { recursive: true }))

const numbers = (text: string | undefined): ReadonlyArray<number> => (text?.match(/\d+/g) ?? []).map(Number)

/** A model that does what the question says; it sees the seconds in the prompt and one picture for each. */
const reply = ({ question, body }: Asked): string => {
  const shown = numbers(/the frames at ([\d, ]+) seconds\. This is/.exec(question)?.[1])
  const seen = [...question.matchAll(/In round \d+ you saw the frames at ([\d, ]+) seconds/g)].flatMap(
    (match) => numbers(match[1]),
  )
  const pictures = JSON.stringify(body.messages).split('"image_url":{').length - 1
  if (pictures !== shown.length) return `${pictures} pictures of ${shown.length} frames`
  const fresh = Array.from({ length: 10 }, (_, second) => second).filter(
    (second) => !shown.includes(second) && !seen.includes(second),
  )
  if (question.includes('who answers')) return '<answer>B</answer>'
  if (question.includes('who goes')) return `<answer>+[${shown[0]}]-[${shown[1]}]</answer>`
  if (question.includes('who leaves')) return `<answer>+[10, 99]-[${shown}]</answer>`
  if (question.includes('who seeks') && (shown.includes(7) || seen.includes(7))) return '<answer>B</answer>'
  return `<think>not here</think><answer>+[${fresh.slice(0, 2)}]-[${shown}]</answer>`
}

describe('eval nextqa --protocol sparse', () => {
  it('seeks frames round by round on a server, and stops models that never stop', async () => {
    await using server = await startFaultServer({
      models: () => ({ status: 200, body: { data: [{ id: 'some/Model-7B' }] } }),
      reply: (asked) => ({ message: { role: 'assistant', content: reply(asked) }, finish_reason: 'stop' }),
    })
    const { code, out, err } = await spanwiseHere(
      root,
      ...['eval', 'nextqa', '--annotations', join(root, 'data'), '--videos', join(root, 'videos')],
      ...['--backend', 'openai', '--base-url', server.url, '--model', 'some/Model-7B'],
      ...['--protocol', 'sparse', '--frames', '2', '--rounds', '4', '--max-pixels', '4096', '--json'],
    )
    expect(code, err).toBe(0)
    const scores = JSON.parse(out)
    expect(scores).toMatchObject({ n: 5, all: 40, CW: 100, TN: 50, CH: 0, DL: 0, C: 50, unparsed: 3 })
    expect(scores.endings).toEqual({ answered: 2, 'out of rounds': 1, repeated: 1, outside: 1 })
    expect(scores.seconds).toBeGreaterThan(0)
    const conversations = readFileSync(join(root, scores.folder, 'conversations.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const endless = conversations.find(({ id }) => id === 'good_2')
    // Four rounds of two different frames each; every request is 110 tokens on this server.
    expect(endless).toMatchObject({ ending: 'out of rounds', total: 10, frames: 8, shown: 8, tokens: 440 })
    const rounds = conversations.map((one) => one.rounds.length)
    expect(scores.rounds).toBeCloseTo(rounds.reduce((sum, count) => sum + count) / 5, 9)
    expect(server.requests()).toBe(rounds.reduce((sum, count) => sum + count))
    const report = readFileSync(join(root, scores.folder, 'report.md'), 'utf8')
    expect(report).toMatch(/\| rounds \| frames \| tokens \| seconds \|/)
  })

  it('refuses what does not go together, in one line', async () => {
    const bad = [
      [['nextqa', '--rounds', '3'], /--rounds: applies to frame seeking only; add --protocol sparse/],
      [
        ['repcount', '--protocol', 'sparse'],
        /--protocol sparse: needs multiple-choice questions, and repcount/,
      ],
      [['nextqa', '--protocol', 'sparse', '--baseline', 'prior'], /asks a model, and predictions are given/],
    ] as const
    for (const [args, message] of bad) {
      const { code, err } = await spanwiseHere(
        root,
        'eval',
        ...args,
        '--annotations',
        'data',
        '--videos',
        'videos',
      )
      expect(code).toBe(2)
      expect(err).toMatch(message)
    }
  })
})
