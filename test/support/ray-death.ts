import { setTimeout as sleep } from 'node:timers/promises'
import { foldsScene } from './folds-scene.ts'
import { startRay } from './ray-cluster.ts'

/**
 * Eight folds over a head and two workers of Ray, one of which loses its power while all three are at work.
 *
 * @returns what the run and its merge say, how often the server was asked, and seconds.
 */
export const rayDeath = async (ray: string, samplesOfFold = 40) => {
  const samples = 8 * samplesOfFold
  let dead = false
  // Slow until the node is dead, so that all three nodes are at work by then whatever their start takes.
  const script = () => ({ kind: 'answer' as const, after: dead ? 100 : 2000 })
  await using scene = await foldsScene('ray', samples, { script }, 2)
  const begun = performance.now()
  await using cluster = await startRay(ray, 2)
  const started = performance.now()
  const run = scene.start(
    ...['folds', 'run', ...scene.agent(samplesOfFold), '--executor', 'ray', '--workers', '3'],
    ...['--cpus', '1', '--memory', '100MB', '--option', `address=${cluster.address}`],
  )
  let over = false
  void run.ended.then(() => {
    over = true
  })
  const running = async () => {
    const { out } = await scene.spanwise('folds', 'status', '--run', 'run', '--json')
    return out === '' ? 0 : JSON.parse(out).agents[0].total.states.running
  }
  // All three nodes are at work, so the one that dies takes a fold with it.
  while (!over && ((await running()) < 3 || scene.server.requests() < 12)) await sleep(200)
  const before = scene.server.requests()
  cluster.kill(0)
  dead = true
  const ran = await run.ended
  const seconds = (performance.now() - started) / 1000
  const merged = await scene.spanwise('folds', 'merge', '--run', 'run', '--json')
  return {
    samples,
    folds: 8,
    requestsWhenKilled: before,
    requests: scene.server.requests(),
    askedMost: Math.max(...scene.server.asked.values()),
    clusterSeconds: (started - begun) / 1000,
    seconds,
    ran,
    merged,
  }
}
