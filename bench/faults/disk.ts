/*
 * A fold whose disk fills up. Usage:
 *   node bench/faults/disk.ts [--samples 1500]
 * Runs `spanwise dea` in a folder on a tmpfs with ever more free space, from none to enough. A run that is stopped by it
 * must say so in one line with exit code 2 and leave no half-written file; once there is space, the same command must
 * end with the shard, byte for byte, of an undisturbed run. Where the fold itself is complete and only its merge had no
 * space, it ends with exit code 0 and a warning. Needs the right to mount; without it, it is skipped and says so.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mountSmallDisk } from '../../test/support/small-disk.ts'
import { halfWritten, leftovers, makeScene, shardOf, standing, verdictsOf } from './scene.ts'

const { values: flags } = parseArgs({
  options: { samples: { type: 'string', default: '1500' }, inside: { type: 'boolean', default: false } },
})

const KiB = 1024
const levels = [0, 4, 16, 64, 256, 512, 640, 704, 768, 800, 832, 864, 896, 928, 960, 1024, 2048, 4096]

await using scene = await makeScene(Number(flags.samples))
const disk = mountSmallDisk(join(scene.root, 'disk'), 64 * KiB * KiB)
if (typeof disk === 'string') {
  // In a name space of its own an ordinary user may mount, where the system allows that.
  const again = [process.execPath, import.meta.filename, '--samples', flags.samples, '--inside']
  const status = flags.inside ? 1 : spawnSync('unshare', ['-Urm', ...again], { stdio: 'inherit' }).status
  if (status !== 0 && !flags.inside) console.log(`skipped: ${disk}`)
  process.exitCode = flags.inside ? 1 : 0
} else {
  const wrong: Array<string> = []
  try {
    const calm = await scene.start('calm').ended
    if (calm.code !== 0) throw new Error(`the undisturbed run ended with ${calm.code}: ${calm.err}`)
    const expected = shardOf(join(scene.root, 'calm'))
    console.log('    free   code  what it left                        what it said')
    for (const level of levels) {
      const run = join('disk', `run-${level}`)
      const folder = join(scene.root, run)
      disk.fill(level * KiB)
      const full = await scene.start(run).ended
      const lines = full.err.split('\n').filter((line) => line.startsWith('spanwise: '))
      const left = standing(folder)
      const complete = left === 'complete'
      const faults = [
        ...(full.code === (complete ? 0 : 2) ? [] : [`exit code ${full.code}`]),
        ...(lines.length === 1 || (complete && lines.length === 0) ? [] : [`${lines.length} lines of error`]),
        ...(complete || /free some space/.test(lines[0] ?? '') ? [] : ['no remedy']),
        ...halfWritten(folder).map((name) => `half-written ${name}`),
      ]
      disk.clear()
      const resumed = await scene.start(run).ended
      const [verdicts, samples] = await verdictsOf(folder)
      if (resumed.code !== 0) faults.push(`resumed: exit code ${resumed.code}: ${resumed.err}`)
      if (verdicts !== scene.samples || samples !== scene.samples)
        faults.push(`resumed: ${verdicts} verdicts of ${samples} samples`)
      if (shardOf(folder) !== expected) faults.push('resumed: other bytes')
      faults.push(...leftovers(folder).map((name) => `resumed: left ${name}`))
      wrong.push(...faults.map((fault) => `${level} KiB: ${fault}`))
      const said = lines.join(' ').replaceAll(scene.root, '')
      console.log(
        `${String(level).padStart(5)} KiB  ${String(full.code).padStart(4)}  ${left.padEnd(34)}  ${said}`,
      )
      if (complete && lines.length === 0) break
    }
  } finally {
    disk[Symbol.dispose]()
  }
  console.log(wrong.length === 0 ? 'a full disk: the law holds' : `BROKEN\n${wrong.join('\n')}`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}
