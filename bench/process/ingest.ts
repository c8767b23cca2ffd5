/** Ingestion by remote write, one sample a series a request, and memory per series, beside Debian's Prometheus. */
import { temporaryFolder } from '../../test/support/processes.ts'
import {
  ratio,
  readUsage,
  runHarness,
  startOurs,
  startRival,
  type Table,
  type Usage,
} from './rivals.ts'

/** 200 targets of the harness, and how many rows each sends. */
const TARGETS = 200
const ROWS = 40

const CONFIG = 'global: {scrape_interval: 1h}\nscrape_configs: []\n'

interface Generated {
  readonly samples: number
  readonly series: number
  readonly serverCpu: number
}

export async function run(): Promise<Table> {
  const folder = temporaryFolder('ingest')
  const servers = [await startOurs(folder.path, CONFIG), await startRival(folder.path, CONFIG)]
  try {
    const before: Usage[] = servers.map(({ pid }) => readUsage(pid))
    const start = Math.floor(Date.now() / 1000) - ROWS * 15
    const generated: Generated[] = []
    for (const { url, pid } of servers) {
      const text = await runHarness('gen.js', [
        ...['--url', `${url}/api/v1/write`, '--pid', String(pid), '--targets', String(TARGETS)],
        ...['--samples', String(ROWS), '--per', '1', '--group', '1', '--conc', '3'],
        ...['--start', String(start)],
      ])
      generated.push(JSON.parse(text) as Generated)
    }
    const after: Usage[] = servers.map(({ pid }) => readUsage(pid))
    const cpu = generated.map((each) => (each.serverCpu * 1e9) / each.samples)
    const bytes = generated.map((each, i) => (after[i].rssBytes - before[i].rssBytes) / each.series)
    return {
      title: 'Remote write of a fleet',
      how: `${generated[0].samples} samples of ${generated[0].series} series of ${TARGETS} like targets, one sample a series a request, the making of the series included; memory is what was added since the start.`,
      head: ['', 'narthex', 'Prometheus', 'ratio'],
      rows: [
        ['CPU ns a sample', cpu[0].toFixed(0), cpu[1].toFixed(0), ratio(cpu[0], cpu[1])],
        ['bytes a series', bytes[0].toFixed(0), bytes[1].toFixed(0), ratio(bytes[0], bytes[1])],
      ],
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    folder.remove()
  }
}
