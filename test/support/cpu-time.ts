/**
 * A stopwatch of the CPU time of this thread, in milliseconds: unlike elapsed time, it does not count what other
 * processes and threads do in the meantime.
 */
export const cpuTime = (): (() => number) => {
  const started = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(started)
    return (user + system) / 1000
  }
}
