import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort, killFamily } from './processes.ts'

const programs = ['munged', 'slurmctld', 'slurmd', 'slurmdbd', 'mariadbd', 'mariadb-install-db'] as const

const find = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

/** The first of SLURM's programs that this machine lacks; null where all are there. */
export const lacksSlurm = (): string | null =>
  ['sbatch', ...programs].find((name) => find(name) === undefined) ?? null

export interface SlurmCluster extends AsyncDisposable {
  /** What SLURM's commands need to find it. */
  readonly env: { readonly SLURM_CONF: string }
}

const execute = promisify(execFile)

/**
 * A cluster of one node with four cores and accounting, all of it below one folder. It forgets ended jobs after two
 * seconds, so that their ends come from the accounting.
 */
export const startSlurm = async (): Promise<SlurmCluster> => {
  const folder = mkdtempSync(join(tmpdir(), 'sw-slurm-'))
  chmodSync(folder, 0o755)
  for (const name of ['state', 'spool', 'run', 'log', 'munge', 'db']) mkdirSync(join(folder, name))
  chmodSync(join(folder, 'munge'), 0o700)
  writeFileSync(join(folder, 'munge', 'key'), randomBytes(128), { mode: 0o600 })
  const [controller, node, accounting] = [await freePort(), await freePort(), await freePort()]
  const socket = join(folder, 'run', 'munge.sock')
  const host = hostname().split('.')[0]!
  const user = userInfo().username
  const conf = join(folder, 'slurm.conf')
  writeFileSync(
    conf,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${socket}
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/run/ctld.pid
SlurmdPidFile=${folder}/run/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${accounting}
AccountingStoragePass=${socket}
MinJobAge=2
SwitchType=switch/none
MpiDefault=none
SchedulerParameters=sched_interval=1,sched_min_interval=0
NodeName=${host} NodeAddr=127.0.0.1 Port=${node} CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=8000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  )
  writeFileSync(
    join(folder, 'slurmdbd.conf'),
    `AuthType=auth/munge
AuthInfo=socket=${socket}
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=${accounting}
SlurmUser=${user}
PidFile=${folder}/run/dbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=${user}
StorageLoc=slurm_acct_db
`,
    { mode: 0o600 },
  )
  const database = join(folder, 'run', 'db.sock')
  const env = { ...process.env, SLURM_CONF: conf, MYSQL_UNIX_PORT: database }
  const pids: Array<number> = []
  const start = (name: (typeof programs)[number], ...args: ReadonlyArray<string>) => {
    const child = spawn(find(name)!, args, { env, stdio: 'ignore' })
    child.on('error', () => {})
    pids.push(child.pid!)
  }
  const stop = async () => {
    for (const pid of pids.toReversed()) killFamily(pid)
    await sleep(100)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const until = async (what: string, ready: () => Promise<unknown>) => {
    for (let tries = 0; tries < 150; tries++) {
      try {
        await ready()
        return
      } catch {
        await sleep(200)
      }
    }
    await stop()
    throw new Error(`${what} did not start within 30 s`)
  }
  start(
    'munged',
    ...['--foreground', '--force', `--key-file=${folder}/munge/key`, `--socket=${socket}`],
    ...[
      `--pid-file=${folder}/run/munge.pid`,
      `--log-file=${folder}/munge/log`,
      `--seed-file=${folder}/munge/seed`,
    ],
  )
  const owner = ['--no-defaults', `--datadir=${folder}/db`, `--user=${user}`]
  await execute(find('mariadb-install-db')!, [
    ...owner,
    ...['--auth-root-authentication-method=normal', '--skip-test-db'],
  ])
  start('mariadbd', ...owner, `--socket=${database}`, '--skip-networking', '--innodb-buffer-pool-size=32M')
  const sql = (text: string) =>
    execute('mariadb', ['--no-defaults', `--socket=${database}`, '-e', text], { env })
  await until('MariaDB', () => sql('SELECT 1'))
  await sql('CREATE DATABASE slurm_acct_db')
  start('slurmdbd', '-D')
  await until('slurmdbd', () => execute('sacctmgr', ['--noheader', 'list', 'cluster'], { env }))
  start('slurmctld', '-D')
  start('slurmd', '-D')
  await until('SLURM', async () => {
    const { stdout } = await execute('sinfo', ['--noheader', '--format=%t'], { env })
    if (!stdout.startsWith('idle')) throw new Error(stdout)
  })
  return { env: { SLURM_CONF: conf }, [Symbol.asyncDispose]: stop }
}
