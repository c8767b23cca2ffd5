/** The host collector beside the real node_exporter: the same series, values that are close. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { Metrics } from '../../../src/base/metrics.ts'
import { startHost } from '../../../src/collect/host/host.ts'
import { formatLabels, labelsFrom } from '../../../src/model/labels.ts'
import { freePort, missingComponents, startComponent, until } from '../../support/processes.ts'
import { testAppender } from './support.ts'

const skip = missingComponents('prometheus-node-exporter') ?? false

/** What only the host of the moment decides, so that two readers may differ by more than a little. */
const RESTLESS =
  /^(node_scrape_|node_procs_|node_disk_io_now|node_filefd_|node_sockstat_|node_netstat_Tcp_CurrEstab|node_load|node_nf_conntrack)/

/** Series of the text format with labels in order; values as numbers. */
function parseBody(body: string): Map<string, number> {
  const series = new Map<string, number>()
  for (const line of body.split('\n')) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (parts === null) continue
    const pairs = [...(parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
      (match): [string, string] => [match[1], JSON.parse(`"${match[2]}"`)],
    )
    series.set(formatLabels(labelsFrom([...pairs, ['__name__', parts[1]]])), Number(parts[3]))
  }
  return series
}

function familyOf(series: string): string {
  return series.replace(/\{.*/, '')
}

test('the families we offer have node_exporter’s series, and its values', { skip }, async (t) => {
  const port = await freePort()
  const flags = [`--web.listen-address=127.0.0.1:${port}`]
  const exporter = await startComponent('prometheus-node-exporter', flags, port, '/metrics')
  t.after(() => exporter.stop())
  const appender = testAppender()
  const host = startHost({
    appender,
    clock: systemClock,
    log: silentLog,
    metrics: new Metrics(),
    intervalMs: 3_600_000,
    instance: '',
  })
  t.after(() => host.stop())
  await until('the first row', () => appender.rows.length > 0)
  const theirs = parseBody(await (await fetch(`${exporter.url}/metrics`)).text())
  const ours = new Map<string, number>()
  for (const [name, value] of appender.last.values) {
    const plain = name
      .replace(/job="node"(, )?/, '')
      .replace(', }', '}')
      .replace('{}', '')
    if (/^node_(?!scrape_)/.test(plain)) ours.set(plain, value)
  }
  assert.ok(ours.size > 150, `${ours.size} series`)

  const families = new Set([...ours.keys()].map(familyOf))
  const expected = [...theirs.keys()].filter((name) => families.has(familyOf(name)))
  assert.deepEqual([...ours.keys()].sort(), expected.sort())

  const far: string[] = []
  for (const [name, value] of ours) {
    const wanted = theirs.get(name) ?? Number.NaN
    const tolerance = Math.max(Math.abs(wanted) * 0.1, /_bytes/.test(name) ? 2e7 : 500)
    if (!RESTLESS.test(name) && !(Math.abs(value - wanted) <= tolerance)) {
      far.push(`${name}: ${value}, node_exporter says ${wanted}`)
    }
  }
  assert.deepEqual(far, [])
})
