import { describe, expect, it } from '@effect/vitest'
import { type Files, jsonLines, readFrom } from './fixture.ts'

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

describe('readers of grounding data', () => {
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
})
