/** CPU as a measure of work: unlike the time on the wall it does not count what other processes do. */

/** CPU of this thread while `work` runs, in ms. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  return millisecondsSince(before)
}

/** CPU of this thread until `work` is done, in ms; what else runs on the thread meanwhile counts. */
export async function cpuMsUntil(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  return millisecondsSince(before)
}

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
