import { describe, expect, it } from '@effect/vitest'
import { type Files, jsonLines, readFrom } from './fixture.ts'

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

describe('readers', () => {
  it('charades reads lines, with durations where they are there, packed or not', async () => {
    const files: Files = {
      'charades_sta_train.txt.gz':
        'AO8RW 0.0 6.9##a person ## here.\nAO8RW 8.0 7.0##back.\nB 1 2 3\nB 1.0 9.0##c.\r\n',
      'durations.json': { AO8RW: 30, B: 5.5 },
    }
    const { samples, problems, files: sources } = await readFrom(files, 'charades', 'train')
    expect(samples.map(({ id, query, windows, duration }) => [id, query, windows, duration])).toEqual([
      ['AO8RW#0', 'a person ## here.', [[0, 6.9]], 30],
      ['AO8RW#1', 'back.', [[8, 7]], 30],
      ['B#0', 'c.', [[1, 9]], 5.5],
    ])
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [2, 'reversed'],
      [3, 'malformed'],
      [4, 'beyond-clip'],
    ])
    expect(sources).toHaveLength(2)
    expect(sources[0]!.sha256).toMatch(/^[0-9a-f]{64}$/)
    const clipped = await readFrom(files, 'charades', 'train', { policy: 'clip', cleaning: 'videomind' })
    expect(clipped.samples.map(({ id, query, windows }) => [id, query, windows])).toEqual([
      ['AO8RW#0', 'a person ## here', [[0, 6.9]]],
      ['B#0', 'c', [[1, 5.5]]],
    ])
    expect(clipped.problems).toHaveLength(3)
  })

  it('anet reads a map, takes other durations under cleaning videomind only, and reports what does not fit', async () => {
    const files: Files = {
      'val_2.json': {
        v_a: {
          duration: 10,
          timestamps: [
            [0, 4],
            [4, 11],
          ],
          sentences: [' Two men...\n gym. ', 'B.'],
        },
        v_b: { duration: 'x', timestamps: [], sentences: [] },
        v_c: {
          duration: 5,
          timestamps: [
            [0, 1],
            [1, '2'],
          ],
          sentences: ['C.', 'D.'],
        },
        v_d: { duration: 5, timestamps: [[0, 1]], sentences: ['E.', 'F.'] },
      },
      'durations.json': { v_a: 12 },
    }
    const { samples, problems } = await readFrom(files, 'anet', 'test')
    expect(samples.map(({ id, duration }) => [id, duration])).toEqual([
      ['v_a#0', 10],
      ['v_a#1', 10],
      ['v_c#0', 5],
      ['v_d#0', 5],
    ])
    expect(problems.map(({ kind, message }) => [kind, message.split(':')[0]])).toEqual([
      ['beyond-clip', "window [4, 11] ends after the clip's 10 s"],
      ['malformed', 'duration'],
      ['malformed', 'window[1]'],
      ['mismatch', 'v_d has 1 timestamps and 2 sentences'],
    ])
    const cleaned = await readFrom(files, 'anet', 'test', { cleaning: 'videomind' })
    expect(cleaned.samples[0]).toMatchObject({ query: 'Two men... gym', duration: 12 })
    const lower = await readFrom(files, 'anet', 'test', { cleaning: 'videochat-r1' })
    expect(lower.samples[0]!.query).toBe('two men...\n gym')
  })

  it('qvhighlights reads windows and saliency, and an unlabelled test split', async () => {
    const row = { qid: 8737, query: 'A family.', duration: 126, vid: 'bP5_660.0_810.0' }
    const labelled = {
      ...row,
      relevant_windows: [[0, 4]],
      relevant_clip_ids: [0, 1],
      saliency_scores: [
        [4, 1, 1],
        [4, 2, 1],
      ],
    }
    const { samples } = await readFrom(
      { 'highlight_val_release.jsonl': jsonLines(labelled) },
      'qvhighlights',
      'val',
    )
    expect(samples[0]).toEqual({
      id: '8737',
      dataset: 'qvhighlights',
      split: 'valid',
      task: 'grounding',
      video: 'bP5_660.0_810.0',
      file: 'bP5_660.0_810.0.mp4',
      duration: 126,
      query: 'A family.',
      windows: [[0, 4]],
      meta: {
        clips: [0, 1],
        saliency: [
          [4, 1, 1],
          [4, 2, 1],
        ],
      },
    })
    const test = await readFrom({ 'highlight_test_release.jsonl': jsonLines(row) }, 'qvhighlights', 'test')
    expect(test.samples[0]!.windows).toBe(null)
  })

  it('didemo averages its annotators as VideoMind does', async () => {
    const row = {
      num_segments: 6,
      description: 'the man',
      times: [
        [1, 1],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      video: '35@N01_60.mov',
      annotation_id: 49152,
    }
    const { samples } = await readFrom(
      { 'val_data.json': [row], 'durations.json': { '35@N01_60': 29 } },
      'didemo',
      'valid',
    )
    expect(samples[0]).toMatchObject({ id: '49152', windows: [[4, 9]], file: '35@N01_60.mp4', duration: 29 })
  })

  it('tacos reads frames and seconds', async () => {
    const frames = {
      's17.avi': { timestamps: [[294, 588]], sentences: ['He took.'], fps: 29.4, num_frames: 2940 },
    }
    const json = await readFrom({ 'val.json': frames }, 'tacos', 'val')
    expect(json.samples[0]).toMatchObject({
      id: 's17#0',
      file: 's17.avi',
      duration: 100,
      windows: [[10, 20]],
    })
    const line = { qid: 1, vid: 's17', query: 'He took', duration: 100, relevant_windows: [[7.62, 12.18]] }
    const jsonl = await readFrom({ 'val.jsonl': jsonLines(line) }, 'tacos', 'valid')
    expect(jsonl.samples[0]).toMatchObject({ id: 's17#0', file: 's17-cam-002.mp4', windows: [[7.62, 12.18]] })
  })

  it('queryd reads its pickles', async () => {
    const files: Files = {
      'train_list.txt': 'video-abc\nvideo-def\nvideo-nodur\nvideo-none\n',
      'raw_captions_combined_filtered-v2.pkl': bytesOf(
        'gASVcQAAAAAAAAB9lCiMCXZpZGVvLWFiY5RdlChdlCiMA3B1dJSMBHNvbWWUjAVmbG91cpRlXZQojANtaXiUjAJpdJSMAS6UZWWMCXZpZGVvLWRlZpRdlF2UjANzaXSUYWGMC3ZpZGVvLW5vZHVylF2UXZSMAXiUYWF1Lg==',
      ),
      'times_captions_combined_filtered-v2.pkl': bytesOf(
        'gAJ9cQAoWAkAAAB2aWRlby1hYmNxAV1xAihdcQMoR0BJczMzMzMzR0BR0zMzMzMzZV1xBChHv/AAAAAAAABHQAwAAAAAAABlZVgJAAAAdmlkZW8tZGVmcQVdcQZdcQcoSwVHQBEAAAAAAABlYVgLAAAAdmlkZW8tbm9kdXJxCF1xCV1xCihHAAAAAAAAAABHP/AAAAAAAABlYXUu',
      ),
      'durations.json': { abc: 108.5, def: 20 },
    }
    const { samples, problems } = await readFrom(files, 'queryd', 'train')
    expect(samples.map(({ id, query, windows }) => [id, query, windows])).toEqual([
      ['abc#0', 'put some flour', [[50.9, 71.3]]],
      ['abc#1', 'mix it .', [[-1, 3.5]]],
      ['def#0', 'sit', [[5, 4.25]]],
    ])
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'negative'],
      [2, 'reversed'],
      [3, 'missing'],
      [4, 'missing'],
    ])
    await expect(
      readFrom({ ...files, 'times_captions_combined_filtered-v2.pkl': 'cos\nsystem\n.' }, 'queryd', 'train'),
    ).rejects.toThrow(/times_captions.*plain data/)
  })

  it('hirest reads videos and their steps', async () => {
    const steps = [
      { index: 0, heading: 'take flour ', absolute_bounds: [50, 58] },
      { index: 1, heading: 'mix', absolute_bounds: [58, 58] },
    ]
    const good = { relevant: true, clip: true, v_duration: 207.08, bounds: [50, 121], steps }
    const files: Files = {
      'all_data_val.json': {
        'Make Mix': {
          'a.mp4': good,
          'b.mp4': { ...good, clip: false, bounds: [0, 0], steps: [] },
          'c.mp4': { relevant: true },
        },
      },
    }
    const whole = await readFrom(files, 'hirest_grounding', 'valid')
    expect(whole.samples.map(({ id, query, windows }) => [id, query, windows])).toEqual([
      ['a#0', 'Make Mix', [[50, 121]]],
    ])
    expect(whole.problems.map(({ line, kind }) => [line, kind])).toEqual([[3, 'malformed']])
    expect(whole.rows).toBe(3)
    const step = await readFrom(files, 'hirest_step', 'valid', { cleaning: 'videomind' })
    expect(step.samples.map(({ id, query }) => [id, query])).toEqual([
      ['a#0', 'take flour'],
      ['a#1', 'mix'],
    ])
  })

  it('cosmo_cap and internvid_vtime read spans', async () => {
    const row = { vid: 'QtWT8rxUuNk', duration: 93.3, query: 'A purple hanger.', span: [1, 4] }
    for (const [name, file] of [
      ['cosmo_cap', 'anno_cosmo_cap.jsonl'],
      ['internvid_vtime', 'anno_internvid_vtime_query_gpt4o_mini.jsonl'],
    ] as const) {
      const { samples } = await readFrom({ [file]: jsonLines(row, { ...row, query: 'B' }) }, name, 'train')
      expect(samples.map(({ id, windows }) => [id, windows])).toEqual([
        ['QtWT8rxUuNk#0', [[1, 4]]],
        ['QtWT8rxUuNk#1', [[1, 4]]],
      ])
    }
  })

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
        ],
      },
      'video_r1',
      'train',
    )
    expect(samples).toMatchObject([
      { id: '5', task: 'choice', options: ['x', 'y'], answer: 'B', file: 'sub/a.mp4' },
      { id: '6', task: 'counting', answer: '12' },
    ])
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual([
      [3, 'unsupported'],
      [4, 'mismatch'],
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
