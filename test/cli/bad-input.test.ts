import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../store/index.ts'
import { spanwiseHere } from './command-line.ts'
import { contents, model, row, spoil, workplace, writeRows } from './workplace.ts'

let root = ''
const at = (...parts: ReadonlyArray<string>) => join(root, ...parts)
const run = (folder: string, args: ReadonlyArray<string>) => spanwiseHere(folder, ...args)
const tensor = 'model.language_model.layers.0.self_attn.q_proj.weight'

beforeAll(async () => {
  root = await workplace('bad-input')
  const good = readFileSync(at('videos', 'good.mp4'))
  writeFileSync(at('videos', 'empty.mp4'), '')
  writeFileSync(at('videos', 'cut.mp4'), good.subarray(0, 3000))
  writeFileSync(at('videos', 'text.mp4'), 'this is no video')
  writeFileSync(at('file'), 'in the way')
  for (const name of ['one', 'rows', 'bad']) mkdirSync(at(name))
  writeRows(at('one', 'test.jsonl'), [row('good.mp4', 'a red circle')])
  writeRows(at('rows', 'test.jsonl'), [
    row('good.mp4', 'a red circle'),
    row('good.mp4', 'ends before it starts', [6, 2]),
    row('good.mp4', 'ends after the clip', [2, 40]),
  ])
  writeRows(
    at('bad', 'test.jsonl'),
    ['good', 'missing', 'empty', 'cut', 'text'].map((name) => row(`${name}.mp4`, name)),
  )
  writeRows(at('none.jsonl'), [{ columns: [] }])
  writeRows(at('train.jsonl'), [
    {
      ...row('good.mp4', 'a red circle'),
      id: 'a',
      dataset: 'jsonl',
      split: 'train',
      task: 'grounding',
      file: 'good.mp4',
      curation: { difficulty: 0.5, band: 'medium', weight: 1 },
    },
  ])
  writeRows(at('thoughts.jsonl'), [
    { video_id: 'good.mp4', action: 'squat', gt_count: 2, cot: '<think></think>' },
  ])
  for (const name of ['nextqa', 'rextime']) mkdirSync(at(name))
  writeFileSync(
    at('nextqa', 'val.csv'),
    `video,question,answer,qid,type,a0,a1,a2,a3,a4\n${['good,who,1,0', 'good,why,7,1'].join(',CW,a,b,c,d,e\n')},CW,a,b,c,d,e\n`,
  )
  writeRows(at('rextime', 'rextime_val.jsonl'), [
    {
      qid: 'q1',
      vid: 'good',
      query: 'what next',
      duration: 10,
      relevant_windows: [[2, 6]],
      options: ['a', 'b'],
    },
  ])
  for (const name of ['lacking', 'bent', 'unknown']) cpSync(model, at(name), { recursive: true })
  await spoil(at('lacking'), (tensors) => tensors.delete(tensor))
  await spoil(at('bent'), (tensors) => {
    const { shape, ...rest } = tensors.get(tensor)!
    tensors.set(tensor, { ...rest, shape: [shape[0]! * 2, shape[1]! / 2] })
  })
  const config = JSON.parse(readFileSync(at('unknown', 'config.json'), 'utf8')) as object
  writeFileSync(at('unknown', 'config.json'), JSON.stringify({ ...config, model_type: 'qwen9_vl' }))
})
afterAll(() => rmSync(root, { recursive: true }))

const score = (video: string, checkpoint = model) => [
  ...['score', '--model', checkpoint, '--threads', '1', '--video', at('videos', video)],
  ...['--prompt', 'when?', '--completion', 'now', '--frames', '4', '--json'],
]
const look = (agent: 'bra' | 'dea', annotations: string, run: string, ...more: ReadonlyArray<string>) => [
  ...[agent, '--dataset', 'jsonl', '--split', 'test', '--annotations', at(annotations)],
  ...['--videos', at('videos'), '--run', run, '--model', model, '--threads', '1', '--frames', '4', '--json'],
  ...more,
]
const learn = (kind: 'sft' | 'curriculum', run: string, ...more: ReadonlyArray<string>) =>
  learnFrom('train', kind, run, ...more)
const learnFrom = (data: string, kind: string, run: string, ...more: ReadonlyArray<string>) => [
  ...['train', kind, '--data', at(`${data}.jsonl`), '--videos', at('videos'), '--run', run],
  ...['--model', model, '--threads', '1', '--frames', '4', '--json', ...more],
]

/** What is typed, and what the one line must say. */
const refused: ReadonlyArray<readonly [string, () => ReadonlyArray<string>, RegExp]> = [
  ['an empty --run', () => look('dea', 'one', ''), /--run: its value is empty; give a value/],
  [
    'an empty --predictions',
    () => ['eval', 'charades', '--predictions='],
    /--predictions: its value is empty/,
  ],
  [
    'a folder of videos that is not there',
    () => ['eval', 'shapes', '--videos', at('nowhere'), '--baseline', 'prior'],
    /--videos \S+nowhere: does not exist; set it to the folder of the videos/,
  ],
  [
    'a share beside a count',
    () => ['curate', '--share', '0.1', '--count', '2'],
    /--share: contradicts --count; give only one/,
  ],
  [
    'a quota where no band is drawn',
    () => ['curate', '--select', 'random', '--quota', 'hard=1'],
    /--quota: has no effect with --select random; leave it out, or add --select band/,
  ],
  ['more than all', () => ['curate', '--share', '2'], /--share: "2"\. Expected: .* at most 1/],
  [
    'two evaluations of nothing',
    () => ['eval', 'compare', at('none.jsonl'), at('none.jsonl')],
    /none\.jsonl: contains the values of no sample; /,
  ],
  [
    'a benchmark of which a row contradicts itself',
    () => ['eval', 'nextqa', '--annotations', at('nextqa'), '--baseline', 'prior'],
    /val\.csv:3: answer: "7" is none of the options; fix the row/,
  ],
  [
    'grounded questions without their answers',
    () => ['eval', 'rextime', '--annotations', at('rextime'), '--baseline', 'prior'],
    /--split valid: sample q1 has no annotated answer; choose a split with labels/,
  ],
  ['a missing video', () => score('missing.mp4'), /missing\.mp4: .* is missing; check the path/],
  ['an empty video', () => score('empty.mp4'), /empty\.mp4: .* is empty .*; copy it again/],
  ['a truncated video', () => score('cut.mp4'), /cut\.mp4: the file is cut off.*; copy it again/],
  ['a video that is none', () => score('text.mp4'), /text\.mp4: not a video file.*; check the file/],
  [
    'a checkpoint that lacks a tensor',
    () => score('good.mp4', at('lacking')),
    /lacking\/model\.safetensors: contains no tensor model\.language_model\.layers\.0\.self_attn\.q_proj\.weight; use/,
  ],
  [
    'a checkpoint with a tensor of another shape',
    () => score('good.mp4', at('bent')),
    /bent\/model\.safetensors: tensor \S+q_proj\.weight has shape \[128, 24\], config\.json asks for \[64, 48\]; use/,
  ],
  [
    'an unknown architecture',
    () => score('good.mp4', at('unknown')),
    /unknown\/config\.json model_type: architecture qwen9_vl is not supported; use .*qwen3_vl/,
  ],
  [
    'rows with bad windows under the policy fail',
    () => look('bra', 'rows', 'run', '--policy', 'fail'),
    /rows\/test\.jsonl:2: window \[6, 2\] ends before it starts; fix the row, or use --policy/,
  ],
  [
    'a file in place of the run folder',
    () => look('bra', 'one', at('file')),
    /file\/\S+: cannot be .*; move/,
  ],
  [
    'a run folder that cannot be made',
    () => look('dea', 'one', '/proc/spanwise'),
    /cannot be .* another folder/,
  ],
  [
    'written thoughts that cannot be learnt',
    () => learnFrom('thoughts', 'sft', 'sft'),
    /sample repcount\/train\/good: meta\.cot has no thoughts; remove the sample or its thoughts, or /,
  ],
  [
    'an order by count of what has none',
    () => learn('curriculum', 'grpo', '--set', 'order=random-count'),
    /setting "order": random-count draws by count, and sample jsonl\/train\/a has task grounding; /,
  ],
  [
    'the same of training',
    () => learn('sft', at('file')),
    /file: cannot be used as a run folder \(ENOTDIR\); choose a --run folder/,
  ],
  [
    'an unknown dataset',
    () => ['bra', '--dataset', 'charade'],
    /--dataset charade: .*; did you mean charades\?/,
  ],
  ['an unknown flag', () => ['bra', '--datset', 'jsonl'], /--datset .*did you mean --dataset\?/],
  ['an unknown command', () => ['evla'], /"evla" .*did you mean eval\?/],
  [
    'an unknown setting',
    () => look('bra', 'one', 'run', '--set', 'vots=3'),
    /bra setting "vots": .*; did you mean votes\?/,
  ],
  [
    'an unknown nested setting',
    () => learn('curriculum', 'run', '--set', 'mask.strt=0.5'),
    /train curriculum setting "mask\.strt": .*; did you mean mask\.start\?/,
  ],
  [
    'a number out of range',
    () => look('dea', 'one', 'run', '--fold-size', '0'),
    /--fold-size: "0".* 1 or more/,
  ],
]

describe('one line, exit code 2 and nothing written, for', () => {
  for (const [name, args, says] of refused) {
    it(name, async () => {
      const folder = mkdtempSync(at('here-'))
      const { code, out, err } = await spanwiseHere(folder, ...args())
      expect(err).toMatch(/^spanwise: [^\n]+\n$/)
      expect(err).toMatch(says)
      expect(out).toBe('')
      expect(code).toBe(2)
      expect(readdirSync(folder)).toEqual([])
    })
  }
})

/** Errors and warnings, without the lines of progress and of what the model sees. */
const said = (err: string) =>
  err
    .split('\n')
    .filter((line) => line.startsWith('spanwise: ') && !/ sees up to | has never seen videos /.test(line))

describe('a run', () => {
  it('records videos that cannot be read, ends with exit code 3, and keeps to its settings', async () => {
    const { code, out, err } = await run(root, look('bra', 'bad', at('mixed'), '--set', 'votes=1'))
    expect(code).toBe(3)
    expect(JSON.parse(out)).toMatchObject({ planned: 5, done: 5, failed: 3, absent: 1 })
    expect(said(err)).toEqual([
      expect.stringMatching(/3 of 5 samples failed; list them with: .* query 'FROM failures' --run /),
    ])
    const rows = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const database = yield* openDatabase(at('mixed', 'curation.duckdb'), { readOnly: true })
          return yield* database.rows('SELECT query, outcome, reason FROM boundary_reflection ORDER BY query')
        }),
      ),
    )
    expect(rows.filter(({ outcome }) => outcome === 'failed')).toEqual([
      { query: 'cut', outcome: 'failed', reason: 'truncated' },
      { query: 'empty', outcome: 'failed', reason: 'empty' },
      { query: 'text', outcome: 'failed', reason: 'unreadable' },
    ])
    expect(rows.filter(({ outcome }) => outcome === 'absent').map(({ query }) => query)).toEqual(['missing'])

    const before = contents(at('mixed'))
    const again = await run(root, look('bra', 'bad', at('mixed'), '--set', 'votes=2'))
    expect(again.err).toMatch(
      /^spanwise: \S+mixed\S*: .*settings\.votes was 1 and is now 2; .*another --run\n$/,
    )
    expect(again).toMatchObject({ code: 2, out: '' })
    expect(contents(at('mixed'))).toEqual(before)
  })

  it.for([
    ['clip', 2],
    ['skip', 1],
  ] as const)('names bad rows by line and goes on under the policy %s', async ([policy, left]) => {
    const { code, out, err } = await run(
      root,
      look('bra', 'rows', at(policy), '--policy', policy, '--set', 'votes=1'),
    )
    expect(said(err)).toEqual([
      expect.stringMatching(/warning: \S+rows\/test\.jsonl:2: reversed: /),
      expect.stringMatching(/warning: \S+rows\/test\.jsonl:3: beyond-clip: /),
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ planned: left, failed: 0 })
  })

  it.for([
    ['dea', (run: string, k: string) => look('dea', 'one', run, '--set', `rollouts=${k}`), 'rollouts'],
    ['train sft', (run: string, steps: string) => learn('sft', run, '--steps', steps), 'steps'],
  ] as const)('of other settings is refused and left as it was: %s', async ([name, args, setting]) => {
    const folder = at(`of ${name}`)
    expect((await run(root, args(folder, '1'))).code).toBe(0)
    const before = contents(folder)
    const { code, out, err } = await run(root, args(folder, '2'))
    expect(err).toMatch(
      new RegExp(`^spanwise: \\S*of ${name}\\S*: .*${setting} was 1.* 2.*; .*--run[^\\n]*\\n$`),
    )
    expect(out).toBe('')
    expect(code).toBe(2)
    expect(contents(folder)).toEqual(before)
  })
})
