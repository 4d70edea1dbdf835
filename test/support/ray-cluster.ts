import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, killFamily } from './processes.ts'

/** The `ray` of `.venv-ray` in the repository or of PATH; null where there is none. */
export const findRay = (): string | null =>
  [join(import.meta.dirname, '..', '..', '.venv-ray', 'bin'), ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, 'ray'))
    .find((path) => existsSync(path)) ?? null

export interface RayCluster extends AsyncDisposable {
  /** URL of the dashboard. */
  readonly address: string
  /** Nodes that are alive, as Ray sees it. */
  readonly nodes: () => Promise<number>
  /** Kills every process of a worker node at once. */
  readonly kill: (worker: number) => void
}

/** A head and worker nodes on loopback, one core each, with what makes Ray notice a dead node within seconds. */
export const startRay = async (ray: string, workers: number): Promise<RayCluster> => {
  // Ray's sockets lie in this folder and their paths must be short.
  const folder = mkdtempSync(join(tmpdir(), 'sw-ray-'))
  const [port, dashboard, client] = [await freePort(), await freePort(), await freePort()]
  const start = (args: ReadonlyArray<string>) => {
    const child = spawn(
      ray,
      [
        ...['start', '--block', '--disable-usage-stats', '--num-cpus=1', '--memory=1000000000'],
        ...['--object-store-memory=80000000', '--node-ip-address=127.0.0.1'],
        ...['--min-worker-port=0', '--max-worker-port=0', ...args],
      ],
      {
        stdio: 'ignore',
        env: {
          ...process.env,
          PATH: `${dirname(ray)}${delimiter}${process.env.PATH}`,
          RAY_health_check_initial_delay_ms: '1000',
          RAY_health_check_period_ms: '1000',
          RAY_health_check_failure_threshold: '3',
        },
      },
    )
    return child.pid!
  }
  const head = start([
    ...['--head', `--port=${port}`, `--temp-dir=${folder}`, `--ray-client-server-port=${client}`],
    ...['--dashboard-host=127.0.0.1', `--dashboard-port=${dashboard}`],
  ])
  const pids = [head]
  const address = `http://127.0.0.1:${dashboard}`
  const nodes = async () => {
    const answer = await fetch(`${address}/nodes?view=summary`)
    const { data } = (await answer.json()) as {
      readonly data: { readonly summary: ReadonlyArray<{ readonly raylet: { readonly state: string } }> }
    }
    return data.summary.filter(({ raylet }) => raylet.state === 'ALIVE').length
  }
  const stop = async () => {
    for (const pid of pids.toReversed()) killFamily(pid)
    await sleep(200)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const until = async (count: number) => {
    for (let tries = 0; tries < 300; tries++) {
      if ((await nodes().catch(() => 0)) >= count) return
      await sleep(200)
    }
    await stop()
    throw new Error(`Ray did not reach ${count} nodes within 60 s`)
  }
  await until(1)
  // One after the other: two that start at once on one machine take each other's ports.
  for (let worker = 0; worker < workers; worker++) {
    pids.push(start([`--address=127.0.0.1:${port}`]))
    await until(2 + worker)
  }
  return {
    address,
    nodes,
    kill: (worker) => killFamily(pids[1 + worker]!),
    [Symbol.asyncDispose]: stop,
  }
}
