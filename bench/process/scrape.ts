/** CPU per sample and memory per series of scraping and storing, beside Debian's Prometheus. */
import { join } from 'node:path'
import { temporaryFolder } from '../../test/support/processes.ts'
import {
  megabytes,
  ratio,
  readUsage,
  scrapeConfig,
  startOurs,
  startRival,
  startTargets,
  type Table,
  wait,
} from './rivals.ts'

/** Targets, interval, and how long to warm and to measure, in seconds. */
const SETTINGS = [
  { targets: 50, intervalSeconds: 15, warmSeconds: 60, measureSeconds: 90 },
  { targets: 200, intervalSeconds: 15, warmSeconds: 60, measureSeconds: 90 },
] as const

export async function run(): Promise<Table> {
  const rows: string[][] = []
  for (const setting of SETTINGS) {
    const folder = temporaryFolder('bench')
    const sd = join(folder.path, 'sd.json')
    const targets = await startTargets(setting.targets, sd)
    const config = scrapeConfig(sd, `${setting.intervalSeconds}s`)
    const ours = await startOurs(folder.path, config)
    const rival = await startRival(folder.path, config)
    try {
      const idle = [readUsage(ours.pid), readUsage(rival.pid)]
      await wait(setting.warmSeconds)
      const before = [readUsage(ours.pid), readUsage(rival.pid)]
      await wait(setting.measureSeconds)
      const after = [readUsage(ours.pid), readUsage(rival.pid)]
      const samples = (targets.seriesCount * setting.measureSeconds) / setting.intervalSeconds
      const nsPerSample = [0, 1].map(
        (i) => ((after[i].cpuSeconds - before[i].cpuSeconds) * 1e9) / samples,
      )
      const bytesPerSeries = [0, 1].map(
        (i) => (after[i].rssBytes - idle[i].rssBytes) / targets.seriesCount,
      )
      rows.push([
        `${setting.targets} × ${Math.round(targets.seriesCount / setting.targets)} series at ${setting.intervalSeconds} s`,
        `${nsPerSample[0].toFixed(0)} / ${nsPerSample[1].toFixed(0)}`,
        ratio(nsPerSample[0], nsPerSample[1]),
        `${megabytes(after[0].rssBytes)} / ${megabytes(after[1].rssBytes)}`,
        `${bytesPerSeries[0].toFixed(0)} / ${bytesPerSeries[1].toFixed(0)}`,
        ratio(bytesPerSeries[0], bytesPerSeries[1]),
      ])
    } finally {
      await Promise.all([ours.stop(), rival.stop(), targets.stop()])
      folder.remove()
    }
  }
  return {
    title: 'Scrape and store',
    how: 'Both scrape the same targets at the same time; CPU of the whole process over the measured time, resident memory at its end, per series what was added since the start.',
    head: ['load', 'CPU ns a sample', 'ratio', 'RSS MB', 'bytes a series', 'ratio'],
    rows,
  }
}
