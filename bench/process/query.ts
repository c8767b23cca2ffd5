/** Latency of ten typical queries, disk bytes and ingestion by remote write, beside Debian's Prometheus. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../test/support/processes.ts'
import { diskBytes, ratio, runHarness, startOurs, startRival, type Table, wait } from './rivals.ts'

/** The data set: node targets, services, samples a series at 15 s (6 h). */
const DATA = { targets: 10, services: 10, samples: 1440, perRequest: 20 } as const

/** The ten queries of the harness that dashboards of node_exporter ask most. */
const QUERIES = '^(i01|i02|i03|i05|r01|r02|r04|r08|r09|r10)_'
const REPEATS = 15

/** Both get time to seal, merge and compact; narthex merges a window after a minute of quiet. */
const SETTLE_SECONDS = 110

const CONFIG = [
  'global: {scrape_interval: 1h}',
  'scrape_configs: []',
  'storage: {tsdb: {out_of_order_time_window: 30d}}',
].join('\n')

interface Generated {
  readonly samples: number
  readonly series: number
  readonly endMs: number
  readonly serverCpu: number
}

export async function run(): Promise<Table[]> {
  const folder = temporaryFolder('query')
  const ours = await startOurs(folder.path, CONFIG)
  const rival = await startRival(folder.path, CONFIG)
  try {
    const start = Math.floor(Date.now() / 1000) - DATA.samples * 15 - 60
    const generated: Generated[] = []
    for (const server of [ours, rival]) {
      const text = await runHarness('gen.js', [
        ...['--url', `${server.url}/api/v1/write`, '--pid', String(server.pid)],
        ...['--targets', String(DATA.targets), '--red', String(DATA.services)],
        ...['--samples', String(DATA.samples), '--per', String(DATA.perRequest)],
        ...['--group', '1', '--conc', '3', '--start', String(start)],
      ])
      generated.push(JSON.parse(text) as Generated)
    }
    await wait(SETTLE_SECONDS)
    const endSeconds = Math.floor(generated[0].endMs / 1000)
    const file = join(folder.path, 'queries.json')
    await runHarness('query.js', [
      ...['--servers', `ours=${ours.url}#${ours.pid},rival=${rival.url}#${rival.pid}`],
      ...['--end', String(endSeconds), '--reps', String(REPEATS)],
      ...['--only', QUERIES, '--json', file],
    ])
    const disk = [
      await diskBytes(join(folder.path, 'narthex')),
      await diskBytes(join(folder.path, 'prometheus')),
    ]
    return [queryTable(file), ingestTable(generated, disk)]
  } finally {
    await Promise.all([ours.stop(), rival.stop()])
    folder.remove()
  }
}

interface Answered {
  readonly median: number
  readonly cpuMs: number
  readonly series: number
  readonly points: number
}

function queryTable(file: string): Table {
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as {
    rows: { id: string; q: string; ours: Answered; rival: Answered }[]
  }
  return {
    title: 'Queries',
    how: `Over ${DATA.targets} node targets and ${DATA.services} services, 6 h at 15 s; ${REPEATS} repeats in turn, medians.`,
    head: ['query', 'ms narthex', 'ms Prometheus', 'ratio', 'CPU ms', 'points agree'],
    rows: rows.map(({ id, q, ours, rival }) => [
      `${id} \`${q.replaceAll('|', '\\|')}\``,
      String(ours.median),
      String(rival.median),
      ratio(ours.median, rival.median),
      `${ours.cpuMs} / ${rival.cpuMs}`,
      ours.points === rival.points && ours.series === rival.series
        ? 'yes'
        : `${ours.points} against ${rival.points}`,
    ]),
  }
}

function ingestTable(generated: readonly Generated[], disk: readonly number[]): Table {
  const ns = generated.map((each) => (each.serverCpu * 1e9) / each.samples)
  const bytes = generated.map((each, i) => disk[i] / each.samples)
  return {
    title: 'Remote write and disk',
    how: `${generated[0].samples} samples of ${generated[0].series} series sent by remote write 1.0, ${DATA.perRequest} samples a series a request; disk by du, logs and index included, ${SETTLE_SECONDS} s after the last sample.`,
    head: ['', 'narthex', 'Prometheus', 'ratio'],
    rows: [
      ['CPU ns a sample', ns[0].toFixed(0), ns[1].toFixed(0), ratio(ns[0], ns[1])],
      ['disk bytes a sample', bytes[0].toFixed(2), bytes[1].toFixed(2), ratio(bytes[0], bytes[1])],
    ],
  }
}
