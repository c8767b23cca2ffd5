/** Who counts as a node_exporter of this host. */
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { findOwnHosts, isNodeExporterScraped } from '../../../src/collect/host/covered.ts'
import { labelsFrom } from '../../../src/model/labels.ts'
import type { MetadataView, TargetStatus, TargetView } from '../../../src/model/target.ts'

function targetAt(scrapeUrl: string, health: TargetStatus['health'] = 'up'): TargetStatus {
  const labels = labelsFrom([['instance', scrapeUrl]])
  return {
    scrapePool: 'a',
    discoveredLabels: labels,
    labels,
    scrapeUrl,
    health,
    lastError: '',
    lastScrapeMs: 0,
    lastScrapeDurationSeconds: 0,
    scrapeIntervalSeconds: 15,
    scrapeTimeoutSeconds: 10,
    lastSamples: 1,
  }
}

/** Targets of which `exporters` have node_exporter's family. */
function views(targets: TargetStatus[], exporters: TargetStatus[]): [TargetView, MetadataView] {
  const metadata: MetadataView = {
    families: () => new Map(),
    ofTargets: (matches, metric) =>
      exporters
        .filter((one) => matches(one.labels) && metric === 'node_exporter_build_info')
        .map((one) => ({
          target: one.labels,
          metric,
          metadata: { type: 'gauge', help: '', unit: '' },
        })),
  }
  return [{ active: () => targets, dropped: () => [], droppedCounts: () => new Map() }, metadata]
}

const OWN = new Set(['127.0.0.1', '::1', 'box'])

for (const [name, url, health, isExporter, wanted] of [
  ['an answering one on loopback', 'http://127.0.0.1:9100/metrics', 'up', true, true],
  ['one under our name, on another port', 'http://BOX:19100/m', 'up', true, true],
  ['one over IPv6', 'http://[::1]:9100/metrics', 'up', true, true],
  ['one that does not answer', 'http://127.0.0.1:9100/metrics', 'down', true, false],
  ['one of another host', 'http://other:9100/metrics', 'up', true, false],
  ['another exporter on its port', 'http://127.0.0.1:9100/metrics', 'up', false, false],
] as const) {
  test(`covered by a node_exporter: ${name}: ${wanted}`, () => {
    const target = targetAt(url, health)
    const [targets, metadata] = views([target], isExporter ? [target] : [])
    assert.equal(isNodeExporterScraped(targets, metadata, OWN), wanted)
  })
}

test('this machine knows itself by name and by loopback', () => {
  const hosts = findOwnHosts()
  for (const host of ['localhost', '127.0.0.1', hostname().toLowerCase()]) {
    assert.ok(hosts.has(host), host)
  }
})
