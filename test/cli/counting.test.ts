import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFaultServer } from '../support/fault-server.ts'
import { spanwiseHere } from './command-line.ts'
import { model, workplace } from './workplace.ts'

let root = ''
const run = (...args: ReadonlyArray<string>) => spanwiseHere(root, ...args)
const rows = (path: string): ReadonlyArray<Record<string, unknown>> =>
  readFileSync(join(root, path), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** TransRAC's form: a clip of 40 frames at 4 frames a second, whose cycles are given by frame. */
const header = `,type,name,count,${Array.from({ length: 12 }, (_, i) => `L${i + 1}`).join(',')}`
const csv = [
  header,
  '0,squat,train1.mp4,3,0,8,8,16.0,20,32.0,,,,,,',
  '1,jump_jack,stu2.mp4,2,4,12,12,28,,,,,,,,',
  '2,pullups,train3.mp4,1,0,8,,,,,,,,,,',
  '3,situp,train4.mp4,6,0,4,4,8,8,12,12,16,16,20,,',
  '4,situp,train5.mp4,2,8,4,8,12,,,,,,,,',
  '5,situp,train6.mp4,2,4,8,36,80,,,,,,,,',
]

beforeAll(async () => {
  root = await workplace('counting')
  mkdirSync(join(root, 'repcount'))
  for (const name of ['train1', 'stu2', 'train3', 'train4', 'train5', 'train6'])
    copyFileSync(join(root, 'videos', 'good.mp4'), join(root, 'videos', `${name}.mp4`))
  for (const split of ['train', 'test'])
    writeFileSync(
      join(root, 'repcount', `new_${split}.csv`),
      `${csv.slice(0, split === 'test' ? 4 : 7).join('\n')}\n`,
    )
})
afterAll(() => rmSync(root, { recursive: true }))

const reasoned = (list: string, total: number, answer = total) =>
  `<think>Somebody trains. ${list}. Total count: ${total}.</think>\n<answer>${answer}</answer>`

/** A teacher that is right about squats in its second try, contradicts itself about jumping jacks, and miscounts pull-ups. */
const teach = (question: string, number: number): string => {
  if (question.includes('squat'))
    return number === 0
      ? reasoned('rep1: 0.0s-2.0s, rep2: 2.0s-4.0s', 3)
      : reasoned('rep1: 0.0s-2.0s, rep2: 2.0s-4.0s, rep3: 5.0s-8.0s', 3)
  if (question.includes('jump jack'))
    return number === 0
      ? reasoned('rep1: 1.0s-3.0s, rep2: 3.0s-7.0s', 2, 3)
      : reasoned('rep1: 1.0s-3.0s, rep2: 2.0s-7.0s', 2)
  return number === 0 ? '<answer>1</answer>' : reasoned('rep1: 5.0s-9.0s', 1)
}

describe('repetition counting on the command line', () => {
  it('writes chains of thought, trains on them, rewards them and evaluates', async () => {
    const asked: Array<string> = []
    await using server = await startFaultServer({
      models: () => ({ status: 200, body: { data: [{ id: 'some/Model-7B' }] } }),
      reply: ({ question, again }, index) => {
        asked.push(question)
        return {
          message: { role: 'assistant', content: teach(question, again + index) },
          finish_reason: 'stop',
        }
      },
    })
    /** A command on RepCount's files that asks the teacher. */
    const teacher = (command: string, ...more: ReadonlyArray<string>) =>
      run(
        ...command.split(' '),
        ...['--annotations', 'repcount', '--videos', 'videos', '--frames', '8', '--max-pixels', '4096'],
        ...['--backend', 'openai', '--preset', 'vllm', '--base-url', server.url, '--model', 'some/Model-7B'],
        ...['--cache', 'off', ...more],
      )
    const write = (...more: ReadonlyArray<string>) => teacher('cot --dataset repcount', ...more)
    const cot = await write('--run', 'run', '--set', 'tries=2')
    expect(cot.code, cot.err).toBe(0)
    // Eight frames of ten seconds show less than two of a repetition of two seconds.
    expect(cot.err).toMatch(
      /repetitions in \d videos are shorter than two frames at the 0\.8 fps .*set --fps 2,/,
    )
    // Policies are about windows.
    expect(cot.err).toMatch(/csv:6: reversed: cycle \[8, 4\] ends before it starts\n/)
    expect(cot.out).toContain('records: 1 of 6 tries on 6 samples agree with the annotation')
    // The teacher is told the count and the cycles in seconds.
    expect(asked.find((question) => question.includes('squat'))).toMatch(
      /count is 3, with the repetitions at rep1: 0\.0s-2\.0s, rep2: 2\.0s-4\.0s, rep3: 5\.0s-8\.0s\./,
    )
    // Annotations that contradict themselves cost no request.
    expect(asked.some((question) => question.includes('situp'))).toBe(false)
    const [record, ...more] = rows('run/cot/repcount-train/train.jsonl')
    expect(more).toEqual([])
    expect(record).toMatchObject({
      id: 'train1',
      task: 'counting',
      answer: '3',
      meta: {
        action: 'squat',
        cot: '<think>Somebody trains. rep1: 0.0s-2.0s, rep2: 2.0s-4.0s, rep3: 5.0s-8.0s. Total count: 3.</think><answer>3</answer>',
      },
      curation: { difficulty: 0, band: 'easy' },
    })
    expect(
      rows('run/cot/repcount-train/dropped.jsonl').map(({ sample, reason }) => `${sample} ${reason}`),
    ).toEqual([
      'train1 list: 2 repetitions are listed, not 3',
      'stu2 count: the answer is 3, not 2',
      'stu2 overlap: rep2 overlaps the one before',
      'train3 form: no thoughts',
      'train3 cycles: mean IoU with the annotated cycles is 0.00',
      'train4 annotation: 5 cycles are annotated, and the count is 6',
      'train5 annotation: cycle 1 [8, 4] ends before it starts',
      "train6 annotation: cycle 2 [36, 80] ends after the clip's 40 frames",
    ])
    // An API whose key is not set is refused before a request.
    asked.length = 0
    const keyless = await write('--run', 'keyless', '--key-env', 'NO_SUCH_KEY')
    expect([keyless.code, asked.length]).toEqual([2, 0])
    expect(keyless.err).toMatch(/NO_SUCH_KEY: contains no API key; set it/)
    // Answered from the record.
    asked.length = 0
    const again = await write('--run', 'run', '--set', 'tries=2', '--json')
    expect([again.code, asked.length]).toEqual([0, 0])
    expect(JSON.parse(again.out).records).toMatchObject({
      records: 1,
      dropped: { list: 1, count: 1, overlap: 1, form: 1, cycles: 1, annotation: 3 },
    })

    const train = (kind: string, file: string, folder: string, ...settings: ReadonlyArray<string>) =>
      run(
        ...['train', kind, '--data', file, '--videos', 'videos', '--model', model, '--run', folder],
        ...['--frames', '4', '--max-pixels', '4096', '--threads', '1', '--json'],
        ...['steps=2', 'checkpointEvery=0', ...settings].flatMap((setting) => ['--set', setting]),
      )
    // ActRep-R1's own records teach thoughts where they have some.
    const published = { video_id: 'good.mp4', split: 'train', action: 'push_up' }
    const thoughts = '<thinking>rep1: 1.0s-2.0s, rep2: 2.0s-3.0s</thinking><answer>2</answer>'
    const older = { ...published, video_id: 'stu2.mp4', ground_truth: { action: 'squat', count: 3 } }
    writeFileSync(
      join(root, 'actrep.jsonl'),
      [{ ...published, gt_count: 2, cot: thoughts }, older].map((one) => `${JSON.stringify(one)}\n`).join(''),
    )
    const sft = await train('sft', 'actrep.jsonl', 'sft', 'batch=2')
    expect(sft.code, sft.err).toBe(0)
    expect(sft.err).toContain('1 of 2 samples have no written thoughts')
    expect(rows('sft/metrics.jsonl')).toHaveLength(2)
    const drawn = ['order=random-count', 'counts.edges=[0,2,3]', 'logPrompts=2', 'prompts=2', 'group=2']
    const rewards = 'rewards={"count_hybrid":1,"count_format":1,"count_interval":0.5}'
    const grpo = await train(
      'curriculum',
      'run/cot/repcount-train',
      'grpo',
      ...[...drawn, 'sampling.maxTokens=8', rewards],
    )
    expect(grpo.code, grpo.err).toBe(0)
    expect(rows('grpo/metrics.jsonl')).toHaveLength(2)
    expect(Object.keys(rows('grpo/metrics.jsonl')[0]!.rewards as object)).toEqual([
      'count_hybrid',
      'count_format',
      'count_interval',
    ])

    // One record of three repetitions is enough for strata of one and of two: they are cut out of it.
    const counts = rows('grpo/rollouts.jsonl').map(({ sample }) => /~(\d)-(\d)$/.exec(String(sample)))
    expect(new Set(counts.map((cut) => (cut === null ? 3 : 1 + Number(cut[2]) - Number(cut[1]))))).toEqual(
      new Set([1, 2, 3]),
    )

    // What is cut out of it teaches the count alone: the thoughts say more than the list and the total.
    const strata = ['order=random-count', 'counts.edges=[0,2,3]', 'counts.subclips=1']
    const cut = await train('sft', 'run/cot/repcount-train', 'cut', 'batch=3', ...strata)
    expect(cut.code, cut.err).toBe(0)
    expect(rows('cut/metrics.jsonl').map(({ cuts }) => cuts)).toEqual([
      { samples: 2, thoughts: 0 },
      { samples: 2, thoughts: 0 },
    ])

    const evaluated = await teacher('eval repcount', '--out', 'server', '--json')
    expect(evaluated.code, evaluated.err).toBe(0)
    expect(JSON.parse(evaluated.out)).toMatchObject({ n: 3, OBO: 100, rules: { 'lmms-eval': { obo: 1 } } })
  }, 240_000)
})
