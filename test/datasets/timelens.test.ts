import { describe, expect, it } from '@effect/vitest'
import { jsonLines, readFrom } from './fixture.ts'

describe('TimeLens', () => {
  it.each([
    ['charades_timelens', 'charades-timelens.json'],
    ['anet_timelens', 'activitynet-timelens.json'],
    ['qvhighlights_timelens', 'qvhighlights-timelens.json'],
  ])('%s is a map of spans and queries', async (name, file) => {
    const { samples, problems } = await readFrom(
      {
        [file]: {
          v_a: {
            duration: 20,
            spans: [
              [0, 4.5],
              [6, 21],
            ],
            queries: ['A  man runs.', 'He stops'],
          },
          v_b: { duration: 9, spans: [[0, 1]], queries: [] },
          v_c: { duration: 9, timestamps: [[0, 1]], sentences: ['x'] },
        },
      },
      name,
      'test',
      { cleaning: 'videomind' },
    )
    expect(samples.map(({ id, query, windows, file: video }) => [id, query, windows, video])).toEqual([
      ['v_a#0', 'A man runs', [[0, 4.5]], 'v_a.mp4'],
      ['v_a#1', 'He stops', [[6, 21]], 'v_a.mp4'],
    ])
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ['beyond-clip', "window [6, 21] ends after the clip's 20 s"],
      ['mismatch', 'v_b has 1 spans and 0 queries'],
      ['malformed', 'spans is missing'],
    ])
  })

  it('100K holds the events of each video, with one window or several', async () => {
    const { samples, problems, rows } = await readFrom(
      {
        'timelens-100k.jsonl': jsonLines(
          {
            source: 'didemo',
            video_path: 'didemo/a.mp4',
            duration: 30,
            events: [
              {
                query: 'x',
                span: [
                  [1, 2],
                  [5, 6],
                ],
              },
              { query: 'y', span: [3, 4] },
            ],
          },
          {
            source: 'queryd',
            video_path: 'queryd/b.mp4',
            duration: 30,
            events: [{ query: 'z', span: 'all' }],
          },
        ),
      },
      'timelens_100k',
      'train',
    )
    expect(samples.map(({ id, file, query, windows }) => [id, file, query, windows])).toEqual([
      [
        'didemo/a#0',
        'didemo/a.mp4',
        'x',
        [
          [1, 2],
          [5, 6],
        ],
      ],
      ['didemo/a#1', 'didemo/a.mp4', 'y', [[3, 4]]],
    ])
    expect(problems).toMatchObject(
      [{ line: 2, kind: 'malformed', message: /events\[0\]\.span/ }].map((one) => ({
        ...one,
        message: expect.stringMatching(one.message),
      })),
    )
    expect(rows).toBe(3)
  })
})
