/*
 * A fold that is stopped again and again. Usage:
 *   node bench/faults/kill.ts [--signal SIGKILL|SIGINT] [--rounds 50] [--samples 1500] [--seed 1]
 * Runs `spanwise dea` over a small dataset against a server that always answers the same, and stops it at a random moment
 * between its first millisecond and the time that an undisturbed run takes; starts it again until it ends by itself, and
 * again in a new run folder until so many rounds have been stopped. Exits with 1 unless each run that ended has exactly
 * one verdict for every sample, the same bytes in the same part files as the undisturbed run, and no file left over; and,
 * for SIGINT, unless every stop took less than 5 s and gave exit code 130.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { random } from '../../core/index.ts'
import { leftovers, makeScene, shardOf, standing, verdictsOf } from './scene.ts'

const { values: flags } = parseArgs({
  options: {
    signal: { type: 'string', default: 'SIGKILL' },
    rounds: { type: 'string', default: '50' },
    samples: { type: 'string', default: '1500' },
    seed: { type: 'string', default: '1' },
  },
})
const signal = flags.signal as 'SIGKILL' | 'SIGINT'
const rounds = Number(flags.rounds)
const draw = random(Number(flags.seed), 'kill')
await using scene = await makeScene(Number(flags.samples))

const wrong: Array<string> = []
const calm = await scene.start('calm').ended
if (calm.code !== 0) throw new Error(`the undisturbed run ended with ${calm.code}: ${calm.err}`)
const expected = shardOf(join(scene.root, 'calm'))
console.log(`undisturbed: ${scene.samples} samples in ${calm.seconds.toFixed(1)} s, start-up included`)

/** Compares a run that ended by itself with the undisturbed one. */
const judge = async (run: string): Promise<string> => {
  const folder = join(scene.root, run)
  const [verdicts, samples] = await verdictsOf(folder)
  const faults = [
    ...(samples < scene.samples ? [`${scene.samples - samples} lost`] : []),
    ...(verdicts > samples ? [`${verdicts - samples} double`] : []),
    ...(shardOf(folder) === expected ? [] : ['other bytes']),
    ...leftovers(folder).map((name) => `left ${name}`),
  ]
  wrong.push(...faults.map((fault) => `${run}: ${fault}`))
  rmSync(folder, { recursive: true })
  return faults.length === 0 ? 'every sample once, equal bytes' : faults.join(', ')
}

let round = 0
let slowest = 0
console.log('round  run   stopped at   what it left')
for (let number = 0; round < rounds; number++) {
  const run = `run-${number}`
  for (;;) {
    const { child, ended } = scene.start(run)
    const moment = draw.uniform(0, calm.seconds * 1000)
    let stopped = 0
    const timer = setTimeout(() => {
      stopped = performance.now()
      child.kill(signal)
    }, moment)
    const end = await ended
    clearTimeout(timer)
    if (end.code === 0) {
      console.log(`${' '.repeat(7)}${run.padEnd(8)} ended by itself: ${await judge(run)}`)
      break
    }
    const took = (performance.now() - stopped) / 1000
    round++
    // Before our handler is there, the signal ends the process itself, which a shell reports as 130 too.
    const asked = end.signal === signal || (signal === 'SIGINT' && end.code === 130)
    if (!asked) wrong.push(`${run}: exit code ${end.code} ${end.err.trim()}`)
    if (signal === 'SIGINT') slowest = Math.max(slowest, took)
    const left = asked ? standing(join(scene.root, run)) : `exit code ${end.code}: ${end.err.trim()}`
    console.log(
      `${String(round).padStart(5)}  ${run.padEnd(7)} ${moment.toFixed(0).padStart(6)} ms   ${left}`,
    )
  }
}
if (signal === 'SIGINT') {
  console.log(`slowest stop: ${slowest.toFixed(2)} s (law: 5 s)`)
  if (slowest >= 5) wrong.push(`a stop took ${slowest.toFixed(2)} s`)
}
console.log(wrong.length === 0 ? `${round} stops by ${signal}: the law holds` : `BROKEN\n${wrong.join('\n')}`)
process.exitCode = wrong.length === 0 ? 0 : 1
