import { describe, expect, it } from '@effect/vitest'
import { type Files, jsonLines, readFrom } from './fixture.ts'

describe('readers of questions, counts and own rows', () => {
  it('rextime reads both forms', async () => {
    const own = {
      qid: 'anet_val92',
      query: 'Why?',
      duration: 100.5,
      vid: 'v_ZMTi498qnPc',
      relevant_windows: [[5, 8]],
      ans: 'A',
    }
    const one = await readFrom({ 'rextime_val.jsonl': jsonLines(own) }, 'rextime', 'val')
    expect(one.samples[0]).toMatchObject({
      id: 'anet_val92',
      answer: 'A',
      windows: [[5, 8]],
      meta: { source: 'anet' },
    })
    const row = {
      vid: 'v_ZMTi498qnPc',
      question: 'Why?',
      options: ['a', 'b', 'c', 'd'],
      answer: 'From <s0> to <e0>, b',
      ans: 'B',
      span: [5, 8],
      category: 'cause',
    }
    const two = await readFrom(
      { 'rextime_val.json': [row], 'durations.json': { v_ZMTi498qnPc: 100.5 } },
      'rextime',
      'val',
      { cleaning: 'videomind' },
    )
    expect(two.samples[0]).toMatchObject({ options: ['A', 'B', 'C', 'D'], answer: 'B', duration: 100.5 })
  })

  it('nextqa takes the answer by index, nextgqa by text', async () => {
    const options = 'a,b,"c, d",b,e'
    const files: Files = {
      'val.csv': `video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n40,369,640,480,how do they play,2,6,CH,${options}\n40,369,640,480,why,7,7,CH,${options}\n`,
      'map_vid_vidorID.json': { 40: '1164/40' },
    }
    const qa = await readFrom(files, 'nextqa', 'val', { cleaning: 'videomind' })
    expect(qa.samples[0]).toMatchObject({
      id: '40_6',
      answer: 'C',
      file: '1164/40.mp4',
      query: 'How do they play?',
      options: ['A', 'B', 'C, d', 'B', 'E'],
    })
    expect(qa.problems.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'duplicate-option'],
      [3, 'mismatch'],
    ])
    const nested = { ...files, 'map_vid_vidorID.json': { 40: { folder: '1164' } } }
    await expect(readFrom(nested, 'nextqa', 'val')).rejects.toThrow(
      /map_vid_vidorID\.json: 40: .*; give a map from video to file/,
    )
    const gqa = await readFrom(
      {
        'val.csv': `video_id,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n40,369,640,480,why,b,6,CH,${options}\n41,369,640,480,why,b,6,CH,${options}\n`,
        'gsub_val.json': {
          40: {
            duration: 34,
            location: {
              6: [
                [1.2, 5.8],
                [7, 9],
              ],
            },
            fps: 29.97,
          },
        },
      },
      'nextgqa',
      'val',
    )
    expect(gqa.samples).toHaveLength(1)
    expect(gqa.samples[0]).toMatchObject({
      id: '40_6',
      answer: 'B',
      windows: [
        [1.2, 5.8],
        [7, 9],
      ],
      duration: 34,
      file: '40.mp4',
    })
    expect(gqa.problems.map(({ kind }) => kind)).toEqual(['duplicate-option', 'duplicate-option', 'missing'])
  })

  it('repcount reads counts and cycles', async () => {
    const csv =
      ',type,name,count,L1,L2,L3,L4\n0,pull_up,test1.mp4,2,7,21,60.0,98.0\n1,squat,test2.mp4,,1,2,,\n2,squat,test3.mp4,2,5,4,,\n'
    const { samples, problems } = await readFrom({ 'test.csv': csv }, 'repcount', 'test')
    expect(samples[0]).toMatchObject({
      id: 'test1',
      answer: '2',
      meta: {
        action: 'pull_up',
        cycles: [
          [7, 21],
          [60, 98],
        ],
      },
    })
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [3, 'missing'],
      [4, 'reversed'],
      [4, 'mismatch'],
    ])
  })

  it.each([
    ['-2', '0', 'count: "-2"'],
    ['2.5', '0', 'count: "2.5"'],
    ['NaN', '0', 'count: "NaN"'],
    ['two', '0', 'count: "two"'],
    ['1e1', '0', 'count: "1e1"'],
    ['99999999999999999999', '0', 'count: "99999999999999999999"'],
    ['1', '0.5', 'L1: "0.5"'],
    ['1', 'x', 'L1: "x"'],
  ])('repcount leaves out a count of %s and a first frame of %s', async (count, frame, cell) => {
    const csv = `,type,name,count,L1,L2\n0,squat,a.mp4,${count},${frame},8\n1,squat,b.mp4,1.0, 4 ,8.00\n`
    const { samples, problems } = await readFrom({ 'test.csv': csv }, 'repcount', 'test')
    expect(samples).toMatchObject([{ id: 'b', answer: '1', meta: { cycles: [[4, 8]] } }])
    expect(problems).toMatchObject([
      { line: 2, kind: 'malformed', message: `${cell} is not a whole number, of a.mp4` },
    ])
  })

  it('sparse_video_r1 reads both of its layouts and refuses options that can be read in two ways', async () => {
    const row = {
      ...{ id: 7, original_id: 4010069381, num_frames: 369, dataset_name: 'NExT-QA', data_source: 'video' },
      problem: 'who sings? or cries? 0: a boy; 1: b? no; 2: c: d; 3: 4; 4: e; f',
      video: '/mnt/c/data/NExT-QA/NExTVideo/1164/4010069381.mp4',
      reward_model: { ground_truth: '2' },
      extra_info: { type: 'val', index: 7 },
    }
    const { original_id, num_frames, video: video_path, ...others } = row
    const grounded = {
      ...others,
      ...{ id: 8, mm_key: 'frames' },
      extra_info: { type: 'val', index: 8, original_id, num_frames, video_path, times_GT: [[1, 2.5]] },
    }
    const { extra_info, ...bare } = grounded
    const { video_path: _, ...nowhere } = extra_info
    const wrong = [
      { ...row, problem: 'who? 0: a; 1: b; 1: c; 2: d; 3: e; 4: f' },
      { ...row, problem: 'who? 0: a; 1: b' },
      { ...row, reward_model: { ground_truth: 'None' } },
      { ...row, reward_model: { ground_truth: '5' } },
      { ...bare, extra_info: nowhere },
      { ...row, id: -1 },
    ]
    const files = { 'nextqa.json': [row, grounded, { ...row, extra_info: { type: 'train' } }, ...wrong] }
    const { samples, problems } = await readFrom(files, 'sparse_video_r1', 'val')
    const sample = {
      ...{ split: 'valid', task: 'choice', video: '4010069381', file: '1164/4010069381.mp4', answer: 'C' },
      ...{ query: 'who sings? or cries?', options: ['a boy', 'b? no', 'c: d', '4', 'e; f'] },
      meta: { frames: 369 },
    }
    expect(samples).toMatchObject([
      { ...sample, id: '7', windows: null },
      { ...sample, id: '8', windows: [[1, 2.5]] },
    ])
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [4, 'malformed'],
      [5, 'malformed'],
      [6, 'mismatch'],
      [7, 'mismatch'],
      [8, 'missing'],
      [9, 'malformed'],
    ])
  })

  it('dvd_counting and video_r1 read their solutions', async () => {
    const dvd = {
      video_filename: './dvd/CATER_new_003595.mp4',
      problem: 'How many?',
      solution: '<answer> 3 </answer>',
    }
    const counted = await readFrom(
      { 'test_dvd.jsonl': jsonLines(dvd, { ...dvd, solution: 'three' }) },
      'dvd_counting',
      'test',
    )
    expect(counted.samples).toMatchObject([{ id: '1', answer: '3', file: 'dvd/CATER_new_003595.mp4' }])
    expect(counted.problems).toMatchObject([{ line: 2, kind: 'malformed' }])
    const row = {
      problem_id: 5,
      problem: 'Which?',
      data_type: 'video',
      problem_type: 'multiple choice',
      options: ['A. x', 'B. y'],
      solution: '<answer>B</answer>',
      path: './sub/a.mp4',
    }
    const { samples, problems } = await readFrom(
      {
        'Video-R1-260k.json': [
          row,
          { ...row, problem_id: 6, problem_type: 'numerical', solution: '<answer>12</answer>' },
          { ...row, problem_id: 7, data_type: 'image' },
          { ...row, problem_id: 8, solution: '<answer>E</answer>' },
          { ...row, problem_id: 9, problem_type: 'regression', solution: '<answer>1.5</answer>' },
          {
            ...row,
            problem_id: 10,
            problem_type: 'free-form',
            solution: 'a red door',
            process: '<think>hm</think>',
          },
          { ...row, problem_id: 11, problem_type: 'drawing' },
          { ...row, problem_id: 12, problem_type: 'OCR', solution: '<answer></answer>' },
          { ...row, problem_id: 13, solution: '<answer>Blue</answer>' },
          { ...row, problem_id: 14, options: ['B. x', 'A. y'] },
          { ...row, problem_id: 15, options: ['U.S. flag', 'none'], solution: '(b)', process: '' },
          { ...row, problem_id: 16, data_type: 'image', path: './Math/1.png', process: '<think>so</think>' },
          { ...row, problem_id: 17, data_type: 'image', path: './b.JPEG', problem_type: 'OCR' },
          { ...row, problem_id: 18, path: './Math/1.webp' },
          { ...row, problem_id: 19, data_type: 'audio' },
        ],
      },
      'video_r1',
      'train',
    )
    expect(samples).toMatchObject([
      { id: '5', task: 'choice', options: ['x', 'y'], answer: 'B', file: 'sub/a.mp4' },
      { id: '6', task: 'counting', answer: '12' },
      { id: '9', task: 'open', answer: '1.5', meta: { type: 'regression' } },
      { id: '10', task: 'open', answer: 'a red door', meta: { type: 'free-form', cot: '<think>hm</think>' } },
      {
        id: '15',
        options: ['U.S. flag', 'none'],
        answer: 'B',
        meta: { type: 'multiple choice', source: null },
      },
      {
        ...{ id: '16', task: 'choice', answer: 'B', video: 'Math/1', file: 'Math/1.png', duration: null },
        ...{ windows: null, meta: { type: 'multiple choice', cot: '<think>so</think>' } },
      },
      { id: '17', task: 'open', answer: 'B', file: 'b.JPEG', meta: { type: 'OCR' } },
    ])
    expect(samples.find(({ id }) => id === '15')?.meta).not.toHaveProperty('cot')
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [3, 'mismatch'],
      [4, 'mismatch'],
      [7, 'unsupported'],
      [8, 'missing'],
      [9, 'mismatch'],
      [10, 'mismatch'],
      [14, 'mismatch'],
      [15, 'unsupported'],
    ])
  })

  it('timer1 reads its 2500 and TVGBench', async () => {
    const train = {
      video: './d/x_00:01.mp4',
      duration: 45.7,
      timestamp: [34.9, 41.9],
      sentence: 'the statue',
      qid: 'my|cosmo|x|the statue',
      video_start: 39,
      video_end: 84.7,
      difficulty: 41,
      pred: [37.82, 44.84],
    }
    const one = await readFrom({ 'train_2k5.json.gz': [train] }, 'timer1', 'train')
    expect(one.samples[0]).toMatchObject({
      id: train.qid,
      video: 'x_00:01',
      meta: { source: 'cosmo', difficulty: 41, crop: [39, 84.7] },
    })
    const bench = {
      path: './d/K.mp4',
      question: 'q',
      answer: '13.4-28.1',
      start: null,
      end: null,
      duration: 30.12,
      qsemtype: 'Human Pose',
    }
    const two = await readFrom({ 'tvgbench.json': [bench] }, 'timer1', 'test')
    expect(two.samples[0]).toMatchObject({ id: '1', windows: [[13.4, 28.1]], file: 'K.mp4' })
  })

  it('own rows are read from JSON lines and CSV alike', async () => {
    const rows = jsonLines(
      { video: 'a.mp4', query: 'it rains', windows: [[1, 4.5]] },
      { id: 7, video: 'b', query: 'how many?', answer: 3 },
      { video: 'b', query: 'which?', options: ['x', 'y'], answer: 'B' },
      { video: 'b', query: 'which?', options: ['x'], answer: 'A' },
    )
    const one = await readFrom({ 'train.jsonl': rows }, 'jsonl', 'train')
    expect(one.samples).toMatchObject([
      { id: 'line-1', task: 'grounding', video: 'a', file: 'a.mp4', duration: null },
      { id: '7', task: 'counting', answer: '3', file: 'b.mp4' },
      { task: 'choice', answer: 'B' },
    ])
    expect(one.problems).toMatchObject([{ line: 4, kind: 'missing' }])
    const csv =
      'video,query,start,end,windows,options,answer,weather\na.mp4,"it rains, hard",1,4.5,,,,wet\nb,two,,,"[[0,1],[2,3]]",,,\nb,how many?,,,,,3,\nb,c,1,x,,,,\n'
    const two = await readFrom({ 'train.csv': csv }, 'csv', 'train')
    expect(two.samples).toMatchObject([
      { windows: [[1, 4.5]], query: 'it rains, hard', meta: { weather: 'wet' } },
      {
        windows: [
          [0, 1],
          [2, 3],
        ],
      },
      { task: 'counting', windows: null, answer: '3' },
    ])
    expect(two.problems).toMatchObject([{ line: 5, kind: 'malformed' }])
  })
})
