import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** torch and transformers in a process of their own, answering one question at a time. */
export interface Peer {
  readonly versions: Readonly<Record<string, string>>
  /** Runs one of peer.py's jobs and returns what it says, with its seconds. */
  readonly run: (
    order: Readonly<Record<string, string | number>>,
  ) => Promise<Readonly<Record<string, number>>>
  readonly close: () => void
}

/** Starts peer.py on a folder with checkpoint and workload. */
export const startPeer = async (
  python: string,
  folder: string,
  threads: number,
  attention: string,
): Promise<Peer> => {
  const script = fileURLToPath(new URL('./peer.py', import.meta.url))
  const child: ChildProcessWithoutNullStreams = spawn(python, [script, folder, String(threads), attention], {
    env: { ...process.env, OMP_NUM_THREADS: String(threads) },
  })
  const complaints: Array<string> = []
  child.stderr.on('data', (data: Buffer) => complaints.push(data.toString()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`the peer ended: ${complaints.join('').trim().split('\n').at(-1)}`)
    return JSON.parse(value)
  }
  return {
    versions: await answer(),
    run: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      return answer()
    },
    close: () => {
      child.stdin.end()
    },
  }
}
