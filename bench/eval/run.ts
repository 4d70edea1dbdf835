/*
 * Evaluation against a numpy peer, and its speed. Usage:
 *   node bench/eval/run.ts [--python PYTHON] [--data DIR] [--official DIR]
 * --data: folder with published annotation files (charades_sta, nextqa, qvhighlights, activitynet_captions): adds the
 * golden numbers and the reading of ActivityNet. --official: a checkout of moment_detr, whose own script is then
 * measured too (needs scikit-learn in PYTHON).
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Effect } from 'effect'
import { random, type Sample } from '../../core/index.ts'
import { evaluate, parseAnyPredictions, parsePredictions, suites } from '../../eval/index.ts'
import { catalogue } from '../../rewards/index.ts'
import { fuzzText } from '../../test/tasks/fuzz.ts'
import { goldens } from './golden.ts'
import { makeMoments, momentLine, submissionLine } from './make.ts'

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    data: { type: 'string' },
    official: { type: 'string' },
  },
})

/** The official script runs in its own folder: a relative path must not be looked for there. */
const python = flags.python.includes('/') ? resolve(flags.python) : flags.python

const seconds = <A>(work: () => A): readonly [seconds: number, value: A] => {
  const start = performance.now()
  const value = work()
  return [(performance.now() - start) / 1000, value]
}

/** The least of several runs: the least disturbed one. */
const best = (work: () => unknown, runs = 5): number =>
  Math.min(...Array.from({ length: runs }, () => seconds(work)[0]))

const say = (what: string, figure: string): void => console.log(`${what.padEnd(58)} ${figure}`)

const million = () => {
  const draw = random(1, 'million')
  const samples = Array.from({ length: 1_000_000 }, (_, i): Sample => {
    const start = draw.uniform(0, 20)
    return {
      id: `v${i >> 2}#${i & 3}`,
      dataset: 'made',
      split: 'test',
      task: 'grounding',
      video: `v${i >> 2}`,
      file: `v${i >> 2}.mp4`,
      duration: 30,
      query: 'a made query',
      windows: [[start, start + draw.uniform(1, 10)]],
    }
  })
  const lines = samples.map(({ id }) => {
    const start = draw.uniform(0, 20)
    return `{"id":"${id}","windows":[[${start.toFixed(2)},${(start + draw.uniform(1, 10)).toFixed(2)}]]}`
  })
  const content = lines.join('\n')
  const byId = new Map(samples.map((sample) => [sample.id, sample]))
  const [reading, predictions] = seconds(() => Effect.runSync(parsePredictions('made.jsonl', content, byId)))
  const [scoring] = seconds(() => evaluate(suites.charades!, samples, predictions, { bootstrap: null }))
  say('1 million grounding predictions: read JSON lines', `${reading.toFixed(2)} s`)
  say('1 million grounding predictions: score (goal: under 3 s)', `${scoring.toFixed(2)} s`)
}

const compareMetrics = (
  ours: { readonly [metric: string]: number },
  theirs: { readonly [metric: string]: number },
) =>
  Object.entries(theirs).reduce((worst, [metric, value]) => {
    const own = ours[metric]
    return own === undefined ? Number.NaN : Math.max(worst, Math.abs(own - value))
  }, 0)

const moments = () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanwise-bench-'))
  try {
    const samples = makeMoments(1550, 1)
    const truthFile = join(folder, 'truth.jsonl')
    const submissionFile = join(folder, 'submission.jsonl')
    writeFileSync(truthFile, samples.map(momentLine).join('\n'))
    writeFileSync(submissionFile, samples.map((sample) => submissionLine(sample, 2)).join('\n'))
    const byId = new Map(samples.map((sample) => [sample.id, sample]))
    const content = readFileSync(submissionFile, 'utf8')
    const predictions = Effect.runSync(parseAnyPredictions(submissionFile, content, byId))
    const suite = suites.qvhighlights!
    const score = () => evaluate(suite, samples, predictions, { bootstrap: null })
    const { metrics } = score().report
    const own = best(score)
    say('QVHighlights, 1550 queries x 10 windows: Spanwise', `${own.toFixed(3)} s`)
    const peer: { seconds: number; metrics: { [metric: string]: number } } = JSON.parse(
      execFileSync(python, [join(import.meta.dirname, 'peer.py'), submissionFile, truthFile], {
        encoding: 'utf8',
      }),
    )
    say('  numpy peer', `${peer.seconds.toFixed(3)} s`)
    say('  ratio (goal: 30)', (peer.seconds / own).toFixed(1))
    say('  largest difference of any metric', compareMetrics(metrics, peer.metrics).toExponential(1))
    if (flags.official === undefined) return
    const script = [
      'import json, sys, time, io, contextlib',
      'from standalone_eval.eval import eval_submission, load_jsonl',
      's, t = load_jsonl(sys.argv[1]), load_jsonl(sys.argv[2])',
      'start = time.perf_counter()',
      'with contextlib.redirect_stdout(io.StringIO()): r = eval_submission(s, t, verbose=False)',
      'took = time.perf_counter() - start',
      'print(json.dumps({"seconds": took, "brief": r["brief"]}))',
    ].join('\n')
    const official: { seconds: number; brief: { [metric: string]: number } } = JSON.parse(
      execFileSync(python, ['-c', script, submissionFile, truthFile], {
        encoding: 'utf8',
        cwd: flags.official,
      }),
    )
    say('  the official script', `${official.seconds.toFixed(3)} s`)
    say('  ratio to the official script (goal: 30)', (official.seconds / own).toFixed(1))
    say('  largest difference (it rounds to 0.01)', compareMetrics(metrics, official.brief).toFixed(4))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const fuzz = () => {
  const draw = random(1, 'bench-fuzz')
  const target = { windows: [[1, 4] as const], duration: 10, answer: '3' }
  const rewards = Object.entries(catalogue)
  const [took] = seconds(() => {
    for (let i = 0; i < 1_000_000; i++) {
      const text = fuzzText(draw)
      const [name, reward] = rewards[i % rewards.length]!
      if (!Number.isFinite(reward(text, target))) throw new Error(`${name} on ${JSON.stringify(text)}`)
    }
  })
  say('1 million fuzzed strings: parsed and scored, none threw', `${took.toFixed(2)} s`)
}

million()
moments()
fuzz()
if (flags.data !== undefined) await Effect.runPromise(goldens(flags.data, say))
