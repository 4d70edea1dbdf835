import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { it } from '@effect/vitest'
import { Effect, Fiber, Stream } from 'effect'
import { afterAll, beforeEach, describe, expect, vi } from 'vitest'
import type { FoldTask } from '../../../folds/executors/executor.ts'
import { makeSlurm, scriptOf, slurmOptions } from '../../../folds/executors/slurm.ts'

const root = mkdtempSync(join(tmpdir(), 'spanwise-slurm-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

/** Programs with SLURM's names that read and write files of `folder`. */
const programs = (folder: string, scripts: { readonly [name: string]: string }) => {
  mkdirSync(folder, { recursive: true })
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`)
}

const queue = (tasks: { readonly [task: string]: readonly [state: string, status: number] }) =>
  JSON.stringify({
    jobs: Object.entries(tasks).map(([task, [state, status]]) => ({
      ...{ array_job_id: 7, array_task_id: Number(task), array_task_string: '' },
      ...{ job_state: state, exit_code: status },
    })),
  })

const task = (fold: number): FoldTask => ({
  ...{ fold, name: `bra-0000${fold}`, log: join(root, 'run', 'logs', `${fold}.log`) },
  command: ['node', 'spanwise.js', '--fold', String(fold)],
})
const settings = (options: object = {}) => ({
  ...{ run: join(root, 'run'), cwd: '/work here', poll: 5, options: options as { [name: string]: unknown } },
  resources: { cpus: 1.5, gpus: 2, memory: 3 * 2 ** 30 },
})

/** Looks at the queue: the first finds one task at work, the later ones both ended. */
const working = `
case "$*" in *--json*) ;; *) exit 0 ;; esac
case "$*" in *pending*) echo '{"jobs": []}'; exit 0 ;; esac
if [ -e looked ]; then cat queue-2.json; else touch looked; cat queue-1.json; fi`

let folder = ''
let number = 0
beforeEach(() => {
  folder = join(root, `bin-${number++}`)
  vi.unstubAllEnvs()
})

describe('slurm executor', () => {
  it('writes an array whose task K runs the command of fold K', () => {
    const { cwd, resources } = settings()
    const script = scriptOf([task(0), task(1), task(4)], {
      ...{
        cwd,
        resources,
        folder: '/runs/r/slurm',
        workers: 2,
        options: { partition: 'gpu', exclusive: true },
      },
    })
    expect(script.replaceAll(root, 'ROOT')).toBe(`#!/bin/bash
#SBATCH --job-name=spanwise-bra
#SBATCH --array=0-1,4%2
#SBATCH --output=/runs/r/slurm/%A-%a.out
#SBATCH --cpus-per-task=2
#SBATCH --mem=3072M
#SBATCH --gres=gpu:2
#SBATCH --partition=gpu
#SBATCH --exclusive
#SBATCH --no-requeue
cd '/work here' || exit 1
case "$SLURM_ARRAY_TASK_ID" in
  0) exec node spanwise.js --fold 0 >> ROOT/run/logs/0.log 2>&1 ;;
  1) exec node spanwise.js --fold 1 >> ROOT/run/logs/1.log 2>&1 ;;
  4) exec node spanwise.js --fold 4 >> ROOT/run/logs/4.log 2>&1 ;;
esac
`)
  })

  it('quotes what names and options hold, as sbatch and the shell read it back', () => {
    const { cwd, resources } = settings()
    const odd = `/runs/a "b" #c\\d 100%/it's`
    const script = scriptOf([{ ...task(0), log: `${odd}/0\n1.log`, command: ['node', 'x\ntouch evil'] }], {
      ...{ cwd, resources, folder: `${odd}/slurm`, workers: undefined },
      options: { comment: 'two words # and "more"', partition: 'gpu' },
    })
    expect(script).toContain(`#SBATCH --output="/runs/a \\"b\\" #c\\\\d 100%%/it's/slurm/%A-%a.out"\n`)
    expect(script).toContain('#SBATCH --comment="two words # and \\"more\\""\n')
    expect(script).toContain('#SBATCH --partition=gpu\n')
    // The shell itself says which words there are.
    const words = script
      .replace(/^.*case/s, 'case')
      .replace('exec node', 'printf "%s|"')
      .replace(/>>.*?2>&1/s, '')
    const out = execFileSync('bash', ['-c', words], { env: { SLURM_ARRAY_TASK_ID: '0' }, encoding: 'utf8' })
    expect(out).toBe('x\ntouch evil|')
  })

  it('puts no line break into a directive', () => {
    const { cwd, resources } = settings()
    const script = scriptOf([task(0)], {
      ...{ cwd, resources, folder: '/runs/a\ntouch evil/slurm', workers: undefined, options: {} },
    })
    expect(script).not.toMatch(/^touch/m)
    expect(script).not.toContain('--output')
    for (const options of [{ comment: 'a\ntouch evil' }, { 'a\ntouch evil': 'x' }, { 'x y': 1 }])
      expect(slurmOptions.safeParse(options).success).toBe(false)
  })

  it.live('gives sbatch such a folder as an argument', () =>
    Effect.gen(function* () {
      programs(folder, { squeue: working, sbatch: 'printf "%s|" "$@" > arguments; echo 7' })
      writeFileSync(join(folder, 'queue-1.json'), queue({ 0: ['COMPLETED', 0] }))
      const slurm = yield* makeSlurm({ ...settings(), run: join(root, 'two\nlines') })
      yield* slurm.submit([task(0)], 1).pipe(Stream.runDrain)
      expect(readFileSync(join(folder, 'arguments'), 'utf8')).toContain(
        `--output=${join(root, 'two\nlines', 'slurm', '%A-%a.out')}|`,
      )
    }),
  )

  it.live('submits the script, follows the queue and says how each task ended', () =>
    Effect.gen(function* () {
      programs(folder, { squeue: working, sbatch: 'cp "$2" submitted.sh; echo 7' })
      writeFileSync(join(folder, 'queue-1.json'), queue({ 0: ['RUNNING', 0], 1: ['COMPLETED', 0] }))
      writeFileSync(join(folder, 'queue-2.json'), queue({ 0: ['FAILED', 768], 1: ['COMPLETED', 0] }))
      const slurm = yield* makeSlurm(settings())
      const ends = yield* slurm.submit([task(0), task(1)], 1).pipe(Stream.runCollect)
      expect(ends.map(({ task, end, code }) => [task.fold, end, code])).toEqual([
        [1, 'exited', 0],
        [0, 'exited', 3],
      ])
      expect(ends[1]!.detail).toBe(' (job 7_0)')
      expect(readFileSync(join(folder, 'submitted.sh'), 'utf8')).toContain('--array=0-1\n')
      expect(readdirSync(join(root, 'run', 'slurm'))).toContain('bra-00000-and-1-more.1.sh')
    }),
  )

  it.live('asks the accounting for tasks that the queue has forgotten, as text where its JSON is wrong', () =>
    Effect.gen(function* () {
      programs(folder, {
        squeue: working,
        sbatch: 'echo "7;cluster"',
        sacct:
          'case "$*" in *--json*) cat account.json ;; *) printf "7_0|FAILED|3:0\\n7_1|COMPLETED|0:0\\n" ;; esac',
      })
      for (const look of [1, 2]) writeFileSync(join(folder, `queue-${look}.json`), queue({}))
      const entry = (task: number, current: string) => ({
        ...{ array: { job_id: 7, task_id: task }, state: { current } },
        exit_code: { status: 'SUCCESS', return_code: 0 },
      })
      writeFileSync(
        join(folder, 'account.json'),
        JSON.stringify({ jobs: [entry(0, 'FAILED'), entry(1, 'COMPLETED')] }),
      )
      const slurm = yield* makeSlurm(settings())
      const ends = yield* slurm.submit([task(0), task(1)], 1).pipe(Stream.runCollect)
      expect(ends.map(({ task, code }) => [task.fold, code])).toEqual([
        [0, 3],
        [1, 0],
      ])
    }),
  )

  it.live('follows tasks through the accounting alone where squeue has no JSON', () =>
    Effect.gen(function* () {
      programs(folder, {
        squeue: 'case "$*" in *--json*) echo "Unable to find plugin: serializer/json" >&2; exit 1 ;; esac',
        sbatch: 'echo 7',
        sacct: 'printf "7_0|NODE_FAIL|0:0\\n"',
      })
      const slurm = yield* makeSlurm(settings())
      const ends = yield* slurm.submit([task(0)], 1).pipe(Stream.runCollect)
      expect(ends).toMatchObject([{ end: 'lost', code: null, detail: 'SLURM: NODE_FAIL (job 7_0)' }])
    }),
  )

  it.live('sees all pending tasks of an array whose list SLURM would cut off', () =>
    Effect.gen(function* () {
      programs(folder, {
        squeue: working.replace(
          'cat queue-1.json',
          'if [ "$SLURM_BITSTR_LEN" = 0 ]; then cat whole.json; else cat cut.json; fi',
        ),
        sbatch: 'echo 7',
        sacct: `touch asked; echo '{"jobs": []}'`,
      })
      const pending = (tasks: string) =>
        JSON.stringify({
          jobs: [
            {
              ...{ array_job_id: 7, array_task_id: null, array_task_string: tasks },
              ...{ job_state: 'PENDING', exit_code: 0 },
            },
          ],
        })
      writeFileSync(join(folder, 'whole.json'), pending('0,2,4'))
      writeFileSync(join(folder, 'cut.json'), pending('0,2,...'))
      writeFileSync(
        join(folder, 'queue-2.json'),
        queue({ 0: ['COMPLETED', 0], 2: ['COMPLETED', 0], 4: ['COMPLETED', 0] }),
      )
      const slurm = yield* makeSlurm(settings())
      const ends = yield* slurm.submit([task(0), task(2), task(4)], 1).pipe(Stream.runCollect)
      expect(ends.map(({ task }) => task.fold)).toEqual([0, 2, 4])
      expect(readdirSync(folder)).not.toContain('asked')
    }),
  )

  it.live('finds the number of its job among what else sbatch prints, and refuses to follow none', () =>
    Effect.gen(function* () {
      programs(folder, { squeue: working, sbatch: 'echo "Account: vision"; echo "7;cluster"' })
      for (const look of [1, 2])
        writeFileSync(join(folder, `queue-${look}.json`), queue({ 0: ['COMPLETED', 0] }))
      const slurm = yield* makeSlurm(settings())
      const [end] = yield* slurm.submit([task(0)], 1).pipe(Stream.runCollect)
      expect(end!.detail).toBe(' (job 7_0)')
      programs(folder, { sbatch: 'echo "Submitted batch job"' })
      const refused = yield* Effect.flip(slurm.submit([task(0)], 1).pipe(Stream.runDrain))
      expect(refused.message).toMatch(/did not print the number of the job \(Submitted batch job\)/)
    }),
  )

  it.live('cancels its array when interrupted', () =>
    Effect.gen(function* () {
      programs(folder, { squeue: working, sbatch: 'echo 7', scancel: 'echo "$1" > cancelled' })
      for (const look of [1, 2])
        writeFileSync(join(folder, `queue-${look}.json`), queue({ 0: ['RUNNING', 0] }))
      const slurm = yield* makeSlurm(settings())
      const running = yield* slurm.submit([task(0)], 1).pipe(Stream.runDrain, Effect.forkChild)
      while (!readdirSync(folder).includes('looked')) yield* Effect.sleep(5)
      yield* Fiber.interrupt(running)
      expect(readFileSync(join(folder, 'cancelled'), 'utf8').trim()).toBe('7')
    }),
  )

  it.live('says what is missing or refused in one line', () =>
    Effect.gen(function* () {
      vi.stubEnv('PATH', '/nowhere')
      const absent = yield* Effect.flip(makeSlurm(settings()))
      expect(absent.message).toBe(
        'squeue: cannot be started (ENOENT); run this where the commands of SLURM are installed and its controller answers',
      )
      const taken = yield* Effect.flip(makeSlurm(settings({ array: '0-3' })))
      expect(taken.message).toBe(
        'slurm option "array": is set by Spanwise itself; see "spanwise folds run --help"',
      )
      vi.unstubAllEnvs()
      programs(folder, {
        squeue: working,
        sbatch: 'echo "sbatch: error: invalid partition specified: gpu" >&2; exit 1',
      })
      const slurm = yield* makeSlurm(settings({ partition: 'gpu' }))
      const refused = yield* Effect.flip(slurm.submit([task(0)], 1).pipe(Stream.runDrain))
      expect(refused.message).toMatch(/^sbatch: fails \(sbatch: error: invalid partition specified: gpu\);/)
    }),
  )
})
