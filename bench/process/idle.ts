/** Time to ready and memory of a process that has nothing to do, beside Debian's Prometheus. */
import { temporaryFolder } from '../../test/support/processes.ts'
import { megabytes, ratio, readUsage, startOurs, startRival, type Table, wait } from './rivals.ts'

const REPEATS = 7
const SETTLE_SECONDS = 5
const CONFIG = 'global: {scrape_interval: 15s}\nscrape_configs: []\n'

export async function run(): Promise<Table> {
  const readyMs: [number[], number[]] = [[], []]
  const rss: [number[], number[]] = [[], []]
  const own: [number[], number[]] = [[], []]
  for (let turn = 0; turn < REPEATS; turn++) {
    for (const [i, start] of [startOurs, startRival].entries()) {
      const folder = temporaryFolder('idle')
      const startedMs = performance.now()
      const one = await start(folder.path, CONFIG)
      readyMs[i].push(performance.now() - startedMs)
      await wait(SETTLE_SECONDS)
      const usage = readUsage(one.pid)
      rss[i].push(usage.rssBytes)
      own[i].push(usage.anonymousBytes)
      await one.stop()
      folder.remove()
    }
  }
  const row = (name: string, values: [number[], number[]], print: (x: number) => string) => {
    const [ours, theirs] = values.map(median)
    return [name, print(ours), print(theirs), ratio(ours, theirs)]
  }
  return {
    title: 'Idle',
    how: `Median of ${REPEATS} starts in turn; ready is the first 200 of /-/ready, asked every 25 ms.`,
    head: ['', 'narthex', 'Prometheus', 'ratio'],
    rows: [
      row('ready, ms', readyMs, (x) => x.toFixed(0)),
      row('RSS, MB', rss, megabytes),
      row('private memory, MB', own, megabytes),
    ],
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}
