/** Small sound annotation files of every dataset and form, which a fuzz changes. */
export interface Seed {
  readonly dataset: string
  readonly split: string
  /** Text of each file; the first is the one with the rows. */
  readonly files: { readonly [name: string]: string }
}

const lines = (...rows: ReadonlyArray<unknown>): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const captions = (names: readonly [string, string]) =>
  JSON.stringify({
    v_aaaaaaaaaaa: {
      duration: 10,
      [names[0]]: [
        [0, 4],
        [4, 9.5],
      ],
      [names[1]]: ['Two men talk.', 'One leaves.'],
    },
    v_bbbbbbbbbbb: { duration: 20.5, [names[0]]: [[1, 2]], [names[1]]: ['A dog.'] },
  })
const letters = ['a0', 'a1', 'a2', 'a3', 'a4']
const own = {
  video: 'a.mp4',
  query: 'a man runs',
  windows: [
    [1, 4.5],
    [6, 7],
  ],
  duration: 9,
  id: 'x1',
}
const choice = { video: 'b.mp4', query: 'why?', options: ['p', 'q'], answer: 'B', id: 'x2' }
const count = { task: 'counting', video: 'c.mp4', query: 'how many?', answer: 3, meta: { kind: 'push' } }
/** A pickled dict in the text form (protocol 0) of Python. */
const pickled = (entries: string) => `(dp0\n${entries}.`

export const seeds: ReadonlyArray<Seed> = [
  { dataset: 'jsonl', split: 'train', files: { 'train.jsonl': lines(own, choice, count) } },
  {
    dataset: 'csv',
    split: 'train',
    files: {
      'train.csv':
        'id,video,query,start,end,duration\n1,a.mp4,a man,1,4,9\n2,b.mp4,"a, b",2,3,9\n3,c.mp4,c,0,1,\n',
    },
  },
  {
    dataset: 'qvhighlights',
    split: 'valid',
    files: {
      'highlight_val_release.jsonl': lines(
        ...[1, 2, 3].map((qid) => ({
          ...{
            qid,
            query: 'a family plays',
            duration: 126,
            vid: `bP_${qid}.0_810.0`,
            relevant_windows: [[0, 4]],
          },
          ...{
            relevant_clip_ids: [0, 1],
            saliency_scores: [
              [4, 1, 1],
              [4, 2, 1],
            ],
          },
        })),
      ),
    },
  },
  {
    dataset: 'didemo',
    split: 'valid',
    files: {
      'val_data.json': JSON.stringify(
        [1, 2, 3].map((id) => ({
          ...{
            num_segments: 6,
            description: 'a hat',
            times: [
              [1, 1],
              [0, 0],
            ],
            video: `34@N01_${id}.mov`,
          },
          annotation_id: id,
        })),
      ),
      'durations.json': JSON.stringify({ '34@N01_1': 30, '34@N01_2': 28.5 }),
    },
  },
  {
    dataset: 'tacos',
    split: 'train',
    files: {
      'train.json': JSON.stringify({
        's1.avi': {
          timestamps: [
            [224, 358],
            [400, 500],
          ],
          sentences: ['a pan', 'an egg'],
          fps: 29.4,
          num_frames: 12438,
        },
      }),
    },
  },
  {
    dataset: 'tacos',
    split: 'train',
    files: {
      'train.jsonl': lines(
        ...[1, 2, 3].map((i) => ({
          vid: `s${i}`,
          query: 'a pan',
          duration: 42,
          relevant_windows: [[7.6, 12.2]],
        })),
      ),
    },
  },
  {
    dataset: 'queryd',
    split: 'train',
    files: {
      'train_list.txt': 'video-aaaaaaaaaaa\nvideo-bbbbbbbbbbb\n',
      'raw_captions_combined_filtered-v2.pkl': pickled(
        'Vvideo-aaaaaaaaaaa\np1\n(lp2\n(lp3\nVput\np4\naVflour\np5\naas',
      ),
      'times_captions_combined_filtered-v2.pkl': pickled(
        'Vvideo-aaaaaaaaaaa\np1\n(lp2\n(lp3\nF1.5\naF3.5\naas',
      ),
      'durations.json': JSON.stringify({ aaaaaaaaaaa: 30, bbbbbbbbbbb: 20 }),
    },
  },
  {
    dataset: 'hirest_step',
    split: 'train',
    files: {
      'all_data_train.json': JSON.stringify({
        'Make Pancakes': {
          'a.mp4': {
            ...{ relevant: true, clip: true, v_duration: 207.08, bounds: [50, 121] },
            steps: [{ index: 0, heading: 'take flour ', absolute_bounds: [50, 58] }],
          },
        },
      }),
    },
  },
  {
    dataset: 'cosmo_cap',
    split: 'train',
    files: {
      'anno_cosmo_cap.jsonl': lines(
        ...[1, 2, 3].map((i) => ({ vid: `Qt${i}`, duration: 93.3, query: 'a hanger', span: [1, 4] })),
      ),
    },
  },
  {
    dataset: 'charades',
    split: 'test',
    files: {
      'charades_sta_test.txt': 'AO8RW 0.0 6.9##a person.\nAO8RW 1.0 2.5##a book.\nB1 3.0 4.0##a ## shelf.\n',
      'durations.json': JSON.stringify({ AO8RW: 30.1, B1: 12 }),
    },
  },
  { dataset: 'charades', split: 'train', files: { 'train.json': captions(['timestamps', 'sentences']) } },
  { dataset: 'anet', split: 'test', files: { 'val_2.json': captions(['timestamps', 'sentences']) } },
  {
    dataset: 'charades_timelens',
    split: 'test',
    files: { 'charades-timelens.json': captions(['spans', 'queries']) },
  },
  {
    dataset: 'timelens_100k',
    split: 'train',
    files: {
      'timelens-100k.jsonl': lines(
        ...[1, 2, 3].map((i) => ({
          ...{ source: 'didemo', video_path: `didemo/${i}.mp4`, duration: 30 },
          events: [
            { query: 'x', span: [[1, 2]] },
            { query: 'y', span: [3, 4] },
          ],
        })),
      ),
    },
  },
  {
    dataset: 'rextime',
    split: 'valid',
    files: {
      'rextime_val.json': JSON.stringify([
        {
          ...{
            vid: 'v_ZMTi498qnPc',
            question: 'what?',
            options: ['a', 'b', 'c', 'd'],
            answer: 'a',
            ans: 'A',
          },
          span: [5, 8],
          duration: 20,
        },
        {
          ...{ vid: 'x_0.0_1.0', question: 'why?', options: ['a', 'b', 'c', 'd'], ans: 'C' },
          span: null,
          duration: 20,
        },
      ]),
    },
  },
  {
    dataset: 'rextime',
    split: 'valid',
    files: {
      'rextime_val.jsonl': lines(
        ...[1, 2].map((i) => ({
          qid: `anet${i}`,
          query: 'why?',
          duration: 100.5,
          vid: 'v_Z',
          relevant_windows: [[5, 8]],
          ans: 'A',
        })),
      ),
    },
  },
  {
    dataset: 'nextgqa',
    split: 'valid',
    files: {
      'val.csv': `video_id,frame_count,width,height,question,answer,qid,type,${letters}\n40,369,640,480,why,b,6,CH,a,b,"c, d",e,f\n40,369,640,480,how,a,7,CW,a,b,c,d,e\n`,
      'gsub_val.json': JSON.stringify({
        40: { duration: 34, location: { 6: [[1.2, 5.8]], 7: [[-0.1, 3]] }, fps: 29.97 },
      }),
      'map_vid_vidorID.json': JSON.stringify({ 40: '1104/40' }),
    },
  },
  {
    dataset: 'nextgqa',
    split: 'valid',
    files: {
      'nextgqa_val.json': JSON.stringify(
        [1, 2].map((i) => ({
          ...{
            id: `48_${i}`,
            video: '1104/48.mp4',
            question: 'why',
            options: letters.map((one, k) => `(${'ABCDE'[k]}) ${one}`),
          },
          ...{ duration: 90, glue: [[13.8, 29.8]], type: 'CW', answer: '(C)' },
        })),
      ),
    },
  },
  {
    dataset: 'nextqa',
    split: 'valid',
    files: {
      'val.csv': `video,frame_count,width,height,question,answer,qid,type,${letters}\n40,369,640,480,why,0,6,CH,a,b,"c, d",e,f\n41,369,640,480,how,4,7,CW,a,b,c,d,e\n`,
    },
  },
  {
    dataset: 'repcount',
    split: 'valid',
    files: {
      'new_valid.csv':
        ',Unnamed: 0,type,name,count,L1,L2,L3,L4\n0,0,pullups,test1.mp4,2,21,60,60.0,98.0\n1,1,situp,test2.mp4,1,3,9,,\n',
    },
  },
  {
    dataset: 'repcount',
    split: 'train',
    files: { 'list.csv': 'video_id,split,action,count\nv1.mp4,train,push_up,12\nv2.mp4,,jump,4\n' },
  },
  {
    dataset: 'repcount',
    split: 'train',
    files: {
      'train.jsonl': lines(
        { video_id: 'v1.mp4', split: 'train', action: 'push_up', gt_count: 12 },
        { video_id: 'v2.mp4', ground_truth: { action: 'jump', count: 3 } },
      ),
    },
  },
  {
    dataset: 'dvd_counting',
    split: 'train',
    files: {
      'train_dvd.jsonl': lines(
        ...[1, 2].map((i) => ({
          video_filename: `./dvd/C_${i}.mp4`,
          problem: 'How many?',
          solution: `<answer> ${i} </answer>`,
        })),
      ),
    },
  },
  {
    dataset: 'timer1',
    split: 'train',
    files: {
      'train_2k5.json': JSON.stringify(
        [1, 2].map((i) => ({
          ...{
            video: `/x/${i}.mp4`,
            duration: 93.3,
            timestamp: [1, 4],
            sentence: 'A hanger.',
            qid: `my|cosmo|${i}|s`,
          },
          ...{ video_start: null, video_end: null, difficulty: 30, pred: [2, 5] },
        })),
      ),
    },
  },
  {
    dataset: 'sparse_video_r1',
    split: 'train',
    files: {
      'nextqa.json': JSON.stringify([
        {
          ...{ height: 480, width: 640, id: 0, original_id: 4010069381, dataset_name: 'NExT-QA' },
          ...{ num_frames: 369, problem: 'who? 0: a; 1: b; 2: c; 3: d; 4: e', data_source: 'video' },
          ...{ video: '/x/NExTVideo/1164/4010069381.mp4', reward_model: { ground_truth: '2' } },
          extra_info: { type: 'train', index: 0 },
        },
      ]),
    },
  },
  {
    dataset: 'video_r1',
    split: 'train',
    files: {
      'Video-R1-260k.json': JSON.stringify([
        {
          ...{
            problem_id: 1,
            problem: 'which?',
            data_type: 'video',
            problem_type: 'multiple choice',
            options: ['A. x', 'B. y'],
          },
          ...{ solution: '<answer>B</answer>', path: './a/b.mp4', data_source: 's' },
        },
        {
          ...{
            problem_id: 2,
            problem: 'how many?',
            data_type: 'video',
            problem_type: 'numerical',
            options: [],
          },
          ...{ solution: '<answer>3</answer>', path: './a/c.mp4' },
        },
        {
          ...{
            problem_id: 3,
            problem: 'what does it say?',
            data_type: 'image',
            problem_type: 'OCR',
            options: [],
          },
          ...{ solution: '<answer>EXIT</answer>', path: './a/c.png' },
        },
      ]),
    },
  },
  {
    dataset: 'shapes',
    split: 'train',
    files: {
      'train.grounding.jsonl': lines(
        ...[1, 2].map((i) => ({
          ...{
            id: `s${i}`,
            task: 'grounding',
            video: `v${i}`,
            file: `v${i}.mp4`,
            duration: 16,
            query: 'red',
          },
          windows: [[1, 2]],
        })),
      ),
    },
  },
]
